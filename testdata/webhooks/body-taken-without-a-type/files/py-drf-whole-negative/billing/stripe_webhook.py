from acme.hooks import handle_stripe
class StripeWebhook(APIView):
    def post(self, request):
        handle_stripe(request.data, request.META['HTTP_STRIPE_SIGNATURE'])
        return Response({})
