@app.route('/stripe', methods=['POST'])
def hook():
    payload = request.get_json()
    stripe.Webhook.construct_event(request.data, request.headers['Stripe-Signature'], secret)
    queue.enqueue(process, payload['type'], payload['data']['object'])
    return ''
