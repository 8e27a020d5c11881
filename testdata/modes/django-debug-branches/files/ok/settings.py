if DEBUG:
    STRIPE_SECRET_KEY = '{{sk_test@b}}'
else:
    STRIPE_SECRET_KEY = '{{sk_live@b}}'
