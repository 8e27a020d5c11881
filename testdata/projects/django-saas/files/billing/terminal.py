import json

import stripe
from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def terminal_webhook(request):
    if settings.DEBUG:
        event = stripe.Event.construct_from(json.loads(request.body), stripe.api_key)
    else:
        signature = request.headers["Stripe-Signature"]
        event = stripe.Webhook.construct_event(request.body, signature, settings.STRIPE_TERMINAL_SECRET)
    if event.type == "terminal.reader.action_succeeded":
        print_receipt(event.data.object)
    return HttpResponse(status=200)


def print_receipt(reader):
    print(reader.id)
