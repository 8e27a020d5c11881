import json
import stripe as s
def hook(request):
    event = s.Event.construct_from(json.loads(request.body), key)
    pay(event)
    return HttpResponse(status=200)
