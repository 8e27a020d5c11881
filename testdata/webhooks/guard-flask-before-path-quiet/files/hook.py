import json, os, stripe
from flask import Flask, request, abort
app = Flask(__name__)
@app.before_request
def check():
    if request.path == '/stripe/hook':
        try:
            stripe.Webhook.construct_event(request.data, request.headers['Stripe-Signature'], os.environ['WHSEC'])
        except stripe.SignatureVerificationError:
            abort(400)
@app.route('/stripe/hook', methods=['POST'])
def hook():
    event = request.json
    if event['type'] == 'invoice.paid':
        extend(event)
    return ''
