import os, stripe
from fastapi import FastAPI, Depends, Request, HTTPException
from pydantic import BaseModel
app = FastAPI()
class Verified(BaseModel):
    type: str
    data: dict
async def verified(request: Request) -> Verified:
    try:
        event = stripe.Webhook.construct_event(await request.body(), request.headers["stripe-signature"], os.environ["WHSEC"])
    except ValueError:
        raise HTTPException(400)
    return Verified(type=event["type"], data=event["data"])
@app.post("/stripe/hook")
async def hook(event: Verified = Depends(verified)):
    if event.type == "invoice.paid":
        await extend(event.data)
