import os

import stripe


async def handle(payload, signature):
    event = stripe.Webhook.construct_event(payload, signature, os.environ['STRIPE_WEBHOOK_SECRET'])
    if event['type'] == 'payment_intent.succeeded':
        await paid(event['data']['object']['id'])
