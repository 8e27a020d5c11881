import json
from shop.models import Event
from stripe import Event as SE, Webhook as W
def hook(request):
    event = W.construct_event(request.body, request.headers['Stripe-Signature'], secret)
    if event.type == SE.X or event.type == 'invoice.paid':
        Event.construct_from(event)
    return HttpResponse(status=200)
