MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]  # none for Stripe
