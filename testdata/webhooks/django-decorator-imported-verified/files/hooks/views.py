from .decorators import stripe_signed
@stripe_signed
def hook(request):
    event = json.loads(request.body)
    if event['type'] == 'invoice.paid':
        pay(event)
    return HttpResponse()
