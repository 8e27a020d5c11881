import stripe
try:
    import dotenv
    dotenv.load_dotenv()
except ImportError:
    print('no dotenv')
@app.route('/hook', methods=['POST'])
def hook():
    try:
        event = stripe.Webhook.construct_event(request.data, request.headers['Stripe-Signature'], secret)
    except Exception:
        return '', 400
    if event['type'] == 'invoice.paid': extend(event)
    return ''
