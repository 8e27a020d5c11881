import json
# stripe
from shop.fulfil import fulfil
@csrf_exempt
def hook(request):
    event = json.loads(request.body)
    fulfil(event['type'], event['data']['object'])
    return HttpResponse(status=200)
