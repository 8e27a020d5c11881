from django.conf import settings
from django.shortcuts import render

def pay(request):
    return render(request, 'pay.html', {'stripe_key': settings.STRIPE_PUBLISHABLE_KEY})
