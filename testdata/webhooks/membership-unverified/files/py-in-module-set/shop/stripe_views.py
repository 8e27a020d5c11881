import json, stripe
PAID = {'checkout.session.completed', 'invoice.paid'}
def hook(request):
    event = json.loads(request.body)
    if event.get('type') not in PAID:
        return HttpResponse(status=200)
    Order.objects.filter(id=event['data']['object']['id']).update(paid=True)
    return HttpResponse(status=200)
