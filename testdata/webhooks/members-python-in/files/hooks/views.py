def stripe_webhook(request):
    event = json.loads(request.body)
    kind = event['type']
    if kind in ('checkout.session.completed', 'invoice.paid'):
        Order.objects.filter(id=event['data']['object']['client_reference_id']).update(paid=True)
    return HttpResponse()
