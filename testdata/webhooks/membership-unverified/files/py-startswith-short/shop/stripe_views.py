import json, stripe
def hook(request):
    event = json.loads(request.body)
    if event['type'].startswith('invoice.'):
        sync(event['data']['object'])
    return HttpResponse(status=200)
