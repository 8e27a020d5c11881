import os
DEBUG = os.environ.get('DEBUG') == '1'
if DEBUG:
    STRIPE_SECRET_KEY = '{{sk_live}}'
else:
    STRIPE_SECRET_KEY = '{{sk_test}}'
