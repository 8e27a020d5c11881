import json, os, stripe
from flask import Flask, request, abort
app = Flask(__name__)
@app.before_request
def check():
    if request.endpoint != 'hook':
        return None
    try:
        stripe.Webhook.construct_event(request.data, request.headers['Stripe-Signature'], os.environ['WHSEC'])
    except Exception:
        return 'bad', 400
@app.post('/stripe/hook')
def hook():
    event = request.json
    if event['type'] == 'invoice.paid':
        extend(event)
    return ''
