from django.views.generic import TemplateView
from django.conf import settings
class Checkout(TemplateView):
    template_name = 'checkout.html'
    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context['stripe_secret'] = settings.STRIPE_SECRET_KEY
        return context
