import stripe
from fastapi import APIRouter, Depends, FastAPI, Request, HTTPException
async def verify_stripe(request: Request):
    payload = await request.body()
    try:
        stripe.Webhook.construct_event(payload, request.headers["stripe-signature"], SECRET)
    except Exception:
        raise HTTPException(400)
router = APIRouter(prefix="/stripe", dependencies=[Depends(verify_stripe)])
@router.post("/webhook")
async def webhook(request: Request):
    event = await request.json()
    if event["type"] == "invoice.paid":
        grant(event["data"]["object"])
    return {"ok": True}
