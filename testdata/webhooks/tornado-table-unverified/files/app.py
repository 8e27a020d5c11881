class StripeHandler(tornado.web.RequestHandler):
    def post(self):
        event = tornado.escape.json_decode(self.request.body)
        handlers = {'invoice.paid': self.paid, 'charge.refunded': self.refunded}
        handler = handlers.get(event['type'])
        if handler:
            handler(event)
