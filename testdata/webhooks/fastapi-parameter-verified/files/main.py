import stripe
from fastapi import Depends, FastAPI, Request
app = FastAPI()
async def stripe_event(request: Request):
    return stripe.Webhook.construct_event(await request.body(), request.headers["stripe-signature"], SECRET)
@app.post("/webhook")
async def webhook(event=Depends(stripe_event)):
    if event["type"] == "invoice.paid":
        grant(event["data"]["object"])
