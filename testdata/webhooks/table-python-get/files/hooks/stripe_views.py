def paid(event):
    Order.pay(event)
HANDLERS = {'invoice.paid': paid}
@app.route('/stripe', methods=['POST'])
def stripe_hook():
    event = request.get_json()
    handler = HANDLERS.get(event['type'])
    if handler:
        handler(event)
    return ''
