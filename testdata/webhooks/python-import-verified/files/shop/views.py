import stripe
from .signing import ensure_stripe
def hook(request):
    ensure_stripe(request)
    event = stripe.Event.construct_from(json.loads(request.body), stripe.api_key)
    if event.type == "invoice.paid":
        extend(event)
