import stripe
from flask import Flask, request
app = Flask(__name__)
@app.route('/hook', methods=['POST'])
def hook():
    event = request.get_json()
    if event['type'] == 'checkout.session.completed':
        session = stripe.checkout.Session.retrieve(event['data']['object']['id'])
        if session['payment_status'] == 'paid':
            grant(session['client_reference_id'])
    return ''
