async def on_event(event):
    if event.type == "payment_intent.succeeded":
        await pay(event.data.object)
