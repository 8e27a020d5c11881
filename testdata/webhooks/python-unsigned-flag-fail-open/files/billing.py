@router.post("/billing/webhook")
async def webhook(request: Request):
    allow_unsigned = os.environ.get("STRIPE_ALLOW_UNSIGNED") == "1"
    if allow_unsigned:
        event = await request.json()
    else:
        event = stripe.Webhook.construct_event(await request.body(), request.headers["stripe-signature"], SECRET)
    if event["type"] == "checkout.session.completed":
        await upgrade(event)
