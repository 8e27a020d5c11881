@app.route('/webhooks/payments', methods=['POST'])
def hook():
    event = request.get_json()
    if event['type'] == 'checkout.session.completed':
        fulfil(event['data']['object'])
    return '', 200
