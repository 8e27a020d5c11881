import boto3
def lambda_handler(event, context):
    event_type = event.get("type", "unknown")
    obj = event.get("data", {}).get("object", {})
    if event_type == "checkout.session.completed":
        boto3.resource('dynamodb').Table('users').update_item(Key={'id': obj['metadata']['user_id']})
    return {'statusCode': 200, 'body': 'ok'}
