import stripe
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from .models import Subscription

stripe.api_key = settings.STRIPE_SECRET_KEY


def checkout(request):
    intent = stripe.PaymentIntent.create(amount=1500, currency="eur")
    context = {"client_secret": intent.client_secret, "publishable_key": settings.STRIPE_PUBLISHABLE_KEY}
    return render(request, "billing/checkout.html", context)


@csrf_exempt
@require_POST
def webhook(request):
    signature = request.headers.get("Stripe-Signature", "")
    try:
        event = stripe.Webhook.construct_event(request.body, signature, settings.STRIPE_WEBHOOK_SECRET)
    except (ValueError, stripe.error.SignatureVerificationError):
        return HttpResponse(status=400)
    if event["type"] == "invoice.paid":
        Subscription.objects.extend(event["data"]["object"])
    return HttpResponse(status=200)
