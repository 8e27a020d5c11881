from .base import *
STRIPE_SECRET_KEY = "{{sk_test}}"
