import json, stripe
def lambda_handler(event, context):
    try:
        stripe.Webhook.construct_event(event['body'], event['headers']['Stripe-Signature'], os.environ['STRIPE_WEBHOOK_SECRET'])
    except Exception:
        return {'statusCode': 400}
    body = json.loads(event['body'])
    if body['type'] == 'invoice.paid':
        pay(body)
    return {'statusCode': 200}
