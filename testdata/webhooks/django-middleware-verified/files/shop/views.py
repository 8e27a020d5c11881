import json
from django.http import HttpResponse
def stripe_webhook(request):
    event = json.loads(request.body)
    if event["type"] == "invoice.paid":
        grant(event["data"]["object"])
    return HttpResponse(status=200)
