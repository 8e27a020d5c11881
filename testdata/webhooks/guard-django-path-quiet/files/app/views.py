import json
from django.views.decorators.csrf import csrf_exempt
@csrf_exempt
def stripe_hook(request):
    event = json.loads(request.body)
    if event['type'] == 'invoice.paid':
        extend(event)
    return HttpResponse()
