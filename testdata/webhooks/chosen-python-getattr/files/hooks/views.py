import json
from django.views import View
class StripeWebhookView(View):
    def post(self, request):
        event = json.loads(request.body)
        handler = getattr(self, "handle_" + event["type"].replace(".", "_"), None)
        if handler:
            handler(event["data"]["object"])
        return HttpResponse(status=200)
    def handle_checkout_session_completed(self, session):
        Order.objects.filter(id=session["client_reference_id"]).update(paid=True)
