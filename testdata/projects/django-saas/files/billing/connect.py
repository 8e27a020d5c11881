import json

import stripe
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

from .models import Partner


@csrf_exempt
def connect_webhook(request):
    event = json.loads(request.body)
    if event["type"] == "account.updated":
        account = event["data"]["object"]
        Partner.objects.filter(account=account["id"]).update(active=account["charges_enabled"])
    return HttpResponse(status=200)


def onboard(partner):
    return stripe.AccountLink.create(account=partner.account, type="account_onboarding")
