import os, stripe
from fastapi import FastAPI, Request, Response
app = FastAPI()
@app.middleware("http")
async def signed(request: Request, call_next):
    if request.url.path.startswith("/webhooks"):
        try:
            stripe.Webhook.construct_event(await request.body(), request.headers["stripe-signature"], os.environ["WHSEC"])
        except Exception:
            return Response(status_code=400)
    return await call_next(request)
@app.post("/webhooks/stripe")
async def hook(request: Request):
    event = await request.json()
    if event["type"] == "invoice.paid":
        await extend(event)
    return {}
