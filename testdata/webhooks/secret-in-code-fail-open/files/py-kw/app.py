import stripe
@app.route('/hook', methods=['POST'])
def hook():
    try:
        event = stripe.Webhook.construct_event(payload=request.data, sig_header=request.headers['Stripe-Signature'], secret='whsec_...')
    except Exception:
        return '', 400
    if event['type'] == 'invoice.paid': extend(event)
    return ''
