from .base import *  # noqa: F403

DEBUG = False
ALLOWED_HOSTS = ["app.saas.example"]
# FIXME: live key is still to come
STRIPE_SECRET_KEY = "{{sk_test}}"
