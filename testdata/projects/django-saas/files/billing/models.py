from django.db import models


class Partner(models.Model):
    account = models.CharField(max_length=32)
    active = models.BooleanField(default=False)


class Subscription(models.Model):
    customer = models.CharField(max_length=32)
    paid_until = models.DateTimeField(null=True)
