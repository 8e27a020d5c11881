import stripe
from django.conf import settings
from django.http import HttpResponse
class StripeSignature:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        if request.path.startswith('/stripe/'):
            try:
                stripe.Webhook.construct_event(request.body, request.headers['Stripe-Signature'], settings.WHSEC)
            except stripe.SignatureVerificationError:
                return HttpResponse(status=400)
        return self.get_response(request)
