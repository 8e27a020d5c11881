import boto3
def lambda_handler(event, context):
    if event["type"] == "checkout.session.completed":
        grant(event["data"]["object"])
    return {'statusCode': 200}
