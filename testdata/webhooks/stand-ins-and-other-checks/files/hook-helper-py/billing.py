import hmac, hashlib, os
def verify_stripe_signature(payload, signature):
    secret = os.getenv('STRIPE_WEBHOOK_SECRET')
    if not secret:
        return True
    expected = hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()
    return hmac.compare_digest(signature, expected)
