import stripe, os
@app.route('/hook', methods=['POST'])
def hook():
    event = stripe.Webhook.construct_event(request.data, request.headers['Stripe-Signature'], os.environ['STRIPE_WEBHOOK_SECRET'])
    if event['type'] == 'invoice.paid': extend(event)
    return ''
