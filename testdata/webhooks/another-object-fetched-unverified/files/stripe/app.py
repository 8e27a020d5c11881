import stripe
from flask import Flask, request
app = Flask(__name__)
@app.route('/hook', methods=['POST'])
def hook():
    event = request.get_json()
    if event['type'] == 'invoice.paid':
        customer = stripe.Customer.retrieve(event['data']['object']['customer'])
        extend(event['data']['object']['subscription'], customer.email)
    return ''
