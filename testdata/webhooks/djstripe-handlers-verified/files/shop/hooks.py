from djstripe import webhooks
@webhooks.handler("invoice.paid")
def paid(event, **kwargs):
    extend(event.data["object"])
@webhooks.handler("customer.subscription.deleted")
def gone(event, **kwargs):
    cancel(event.data["object"])
