class StripeHook(http.Controller):
    @http.route('/stripe/webhook', type='json', auth='public', csrf=False)
    def hook(self):
        event = json.loads(request.httprequest.data)
        if event['type'] == 'checkout.session.completed':
            pay(event)
