import json
import stripe
def handler(e, _):
    body = json.loads(e["body"])
    if body["type"] == "invoice.paid":
        extend(body["data"]["object"])
    return {"statusCode": 200}
