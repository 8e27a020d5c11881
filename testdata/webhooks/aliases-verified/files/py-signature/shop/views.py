import json
from stripe import WebhookSignature as WS
def hook(request):
    try:
        WS.verify_header(request.body.decode(), request.headers['Stripe-Signature'], settings.STRIPE_WEBHOOK_SECRET, 300)
    except Exception:
        return HttpResponse(status=400)
    event = json.loads(request.body)
    if event['type'] == 'invoice.paid':
        pay(event)
    return HttpResponse(status=200)
