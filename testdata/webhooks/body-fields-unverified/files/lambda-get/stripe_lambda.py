import json
def lambda_handler(event, context):
    body = json.loads(event.get('body'))
    if body['type'] == 'invoice.paid':
        table.update_item(Key={'id': body['data']['object']['customer']})
    return {'statusCode': 200}
