import hmac, hashlib, os, json, base64
# state of the Stripe Connect flow
def verify_state(state, provider):
    if not state:
        return None
    payload, signature = state.rsplit('.', 1)
    expected = hmac.new(os.environ['STATE_SECRET'].encode(), payload.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signature, expected):
        return None
    return json.loads(base64.b64decode(payload))
