import stripe
from django.http import HttpResponse
class StripeSignatureMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        try:
            stripe.Webhook.construct_event(request.body, request.META["HTTP_STRIPE_SIGNATURE"], SECRET)
        except Exception:
            return HttpResponse(status=400)
        return self.get_response(request)
