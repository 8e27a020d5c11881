import json, os
from http.server import BaseHTTPRequestHandler
import stripe
class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers["Content-Length"])
        payload = self.rfile.read(length)
        try:
            event = stripe.Webhook.construct_event(payload, self.headers["Stripe-Signature"], os.environ["WHSEC"])
        except stripe.SignatureVerificationError:
            self.send_response(400)
            self.end_headers()
            return
        if event["type"] == "checkout.session.completed":
            fulfil(event["data"]["object"])
        self.send_response(200)
        self.end_headers()
