@app.route("/hook", methods=["POST"])
def hook():
    payload = request.data
    try:
        event = stripe.Event.construct_from(json.loads(payload), stripe.api_key)
    except ValueError:
        return "", 400
    try:
        event = stripe.Webhook.construct_event(payload, request.headers["Stripe-Signature"], os.environ["STRIPE_WEBHOOK_SECRET"])
    except stripe.error.SignatureVerificationError:
        return "", 400
    if event.type == "invoice.paid":
        mark_paid(event)
    return "", 200
