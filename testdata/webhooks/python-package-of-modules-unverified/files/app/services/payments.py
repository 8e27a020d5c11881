import stripe


async def handle(event):
    if event['type'] == 'payment_intent.succeeded':
        await paid(event['data']['object']['id'])
