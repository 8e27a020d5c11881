def lambda_handler(event, context):
    detail = event["detail"]
    if detail["type"] == "checkout.session.completed":
        grant(detail["data"]["object"])
    return {'statusCode': 200}
