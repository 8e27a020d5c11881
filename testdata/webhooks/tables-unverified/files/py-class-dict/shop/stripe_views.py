import json, stripe
class Hook(View):
    handlers = {'invoice.paid': 'paid', 'charge.refunded': 'refunded'}
    def post(self, request):
        event = json.loads(request.body)
        name = self.handlers.get(event['type'])
        if name:
            getattr(self, name)(event)
        return HttpResponse(status=200)
