import stripe
from flask import Blueprint, request, abort
bp = Blueprint("stripe", __name__)
@bp.before_request
def check():
    try:
        stripe.Webhook.construct_event(request.data, request.headers["Stripe-Signature"], SECRET)
    except Exception:
        abort(400)
@bp.route("/webhook", methods=["POST"])
def webhook():
    event = request.get_json()
    if event["type"] == "invoice.paid":
        grant(event["data"]["object"])
    return "", 200
