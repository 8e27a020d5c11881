import stripe
from fastapi import Depends, FastAPI, Request, HTTPException
app = FastAPI()
async def verify_stripe(request: Request):
    stripe.Webhook.construct_event(await request.body(), request.headers["stripe-signature"], SECRET)
@app.post("/webhook", dependencies=[Depends(verify_stripe)])
async def webhook(request: Request):
    event = await request.json()
    if event["type"] == "invoice.paid":
        grant(event["data"]["object"])
