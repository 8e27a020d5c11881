import falcon, json, stripe
class Hook:
    def on_post(self, req, resp):
        event = json.loads(req.bounded_stream.read())
        if event['type'] == 'invoice.paid':
            extend(event)
