import json, os, stripe
from flask import Flask, request

app = Flask(__name__)
SECRET = os.environ.get('STRIPE_WEBHOOK_SECRET')

def verify(payload, signature, secret):
    try:
        stripe.Webhook.construct_event(payload, signature, secret)
        return True
    except stripe.error.SignatureVerificationError:
        return False

@app.post('/stripe')
def hook():
    payload = request.get_data()
    if SECRET:
        if not verify(payload, request.headers.get('Stripe-Signature'), SECRET):
            return 'invalid', 400
    event = json.loads(payload)
    if event['type'] == 'checkout.session.completed':
        fulfil(event)
    return '', 200
