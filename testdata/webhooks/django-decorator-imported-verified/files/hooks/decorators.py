import stripe
from functools import wraps
def stripe_signed(view):
    @wraps(view)
    def inner(request, *args, **kwargs):
        try:
            stripe.Webhook.construct_event(request.body, request.META['HTTP_STRIPE_SIGNATURE'], settings.WHSEC)
        except Exception:
            return HttpResponse(status=400)
        return view(request, *args, **kwargs)
    return inner
