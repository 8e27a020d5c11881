import os

DEBUG = os.environ.get("DEBUG") == "1"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "billing"]

STRIPE_PUBLISHABLE_KEY = os.environ["STRIPE_PUBLISHABLE_KEY"]
STRIPE_SECRET_KEY = os.environ["STRIPE_SECRET_KEY"]
STRIPE_WEBHOOK_SECRET = os.environ["STRIPE_WEBHOOK_SECRET"]
