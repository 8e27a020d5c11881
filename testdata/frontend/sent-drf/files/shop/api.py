from rest_framework.response import Response
from rest_framework.views import APIView
from django.conf import settings
class ConfigView(APIView):
    def get(self, request):
        return Response({'publishable': settings.STRIPE_PUBLISHABLE_KEY, 'secret': settings.STRIPE_SECRET_KEY})
