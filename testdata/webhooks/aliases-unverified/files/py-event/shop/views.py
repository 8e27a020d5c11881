import json
from stripe import Event as SE
def hook(request):
    event = SE.construct_from(json.loads(request.body), key)
    pay(event)
    return HttpResponse(status=200)
