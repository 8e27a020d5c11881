import json, os
import stripe
def handler(e, _):
    try:
        body = stripe.Webhook.construct_event(e["body"], e["headers"]["Stripe-Signature"], os.environ["STRIPE_WEBHOOK_SECRET"])
    except Exception:
        return {"statusCode": 400}
    if body["type"] == "invoice.paid":
        extend(body["data"]["object"])
    return {"statusCode": 200}
