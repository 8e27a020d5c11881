import json, stripe
HANDLERS = {'invoice.paid': paid, 'charge.refunded': refunded}
def hook(request):
    event = json.loads(request.body)
    handler = HANDLERS.get(event['type'])
    if handler:
        handler(event['data']['object'])
    return HttpResponse(status=200)
