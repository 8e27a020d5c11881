import stripe
endpoint_secret = 'whsec_your_secret'
@app.route('/hook', methods=['POST'])
def hook():
    try:
        event = stripe.Webhook.construct_event(request.data, request.headers['Stripe-Signature'], endpoint_secret)
    except Exception:
        return '', 400
    if event['type'] == 'invoice.paid': extend(event)
    return ''
