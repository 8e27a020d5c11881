import hmac, hashlib, json, os
from flask import Flask, request
app = Flask(__name__)
SECRET = os.environ["STRIPE_WEBHOOK_SECRET"]
def verify(payload, header):
    parts = dict(p.split("=", 1) for p in header.split(","))
    sigs = [parts["v1"]]
    expected = hmac.new(SECRET.encode(), parts["t"].encode() + b"." + payload, hashlib.sha256).hexdigest()
    return expected in sigs
@app.post("/stripe-webhook")
def stripe_webhook():
    payload = request.get_data()
    if not verify(payload, request.headers.get("Stripe-Signature", "")):
        return "bad", 400
    event = json.loads(payload)
    if event["type"] == "checkout.session.completed":
        print(event["data"]["object"])
    return "ok"
