import stripe
from other_package import gate

def hook(request):
    gate.admit(request)
    event = json.loads(request.body)
    if event["type"] == "invoice.paid":
        mark_paid(event)
