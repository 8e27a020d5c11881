import stripe
class StripeWebhook(APIView):
    def post(self, request):
        if settings.DEBUG:
            event = stripe.Event.construct_from(request.data, stripe.api_key)
        else:
            event = stripe.Event.retrieve(request.data['id'])
        if event.type == 'charge.succeeded':
            settle(event)
        return Response()
