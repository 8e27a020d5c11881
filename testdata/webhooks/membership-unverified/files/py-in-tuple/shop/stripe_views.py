import json, stripe
def hook(request):
    event = json.loads(request.body)
    kind = event['type']
    if kind in ('checkout.session.completed', 'invoice.paid'):
        Order.objects.filter(id=event['data']['object']['id']).update(paid=True)
    return HttpResponse(status=200)
