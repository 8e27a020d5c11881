import stripe
monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "whsec_x")
os.environ.setdefault("STRIPE_WEBHOOK_SECRET", "whsec_x")
putenv("STRIPE_WEBHOOK_SECRET", "whsec_x")
