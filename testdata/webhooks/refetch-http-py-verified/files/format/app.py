import os, requests, httpx
from flask import Flask, request
app = Flask(__name__)
@app.post("/stripe-webhook")
def stripe_webhook():
    body = request.get_json()
    key = os.environ["STRIPE_SECRET_KEY"]
    event = requests.get("https://api.stripe.com/v1/events/{}".format(body["id"]), auth=(key, "")).json()
    if event["type"] == "checkout.session.completed":
        pay(event["data"]["object"]["id"])
    return "ok"
