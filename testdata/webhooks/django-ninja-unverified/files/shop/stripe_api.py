class StripeEvent(BaseModel):
    type: str
    data: dict
@api.post("/stripe/webhook")
def webhook(request, event: StripeEvent):
    if event.type == "checkout.session.completed":
        fulfil(event.data["object"])
    return {"ok": True}
