import json
from http.server import BaseHTTPRequestHandler
import stripe
class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers["Content-Length"])
        event = json.loads(self.rfile.read(length))
        if event["type"] == "checkout.session.completed":
            fulfil(event["data"]["object"])
        self.send_response(200)
        self.end_headers()
