import os
from typing import Annotated

import stripe
from fastapi import Depends, FastAPI, HTTPException, Request

app = FastAPI()


async def verified(request: Request):
    try:
        stripe.Webhook.construct_event(
            await request.body(), request.headers['stripe-signature'], os.environ['STRIPE_WEBHOOK_SECRET']
        )
    except ValueError:
        raise HTTPException(400)


async def session():
    yield open_session()


@app.post('/stripe/default')
async def by_default(request: Request, _=Depends(verified)):
    event = await request.json()
    if event['type'] == 'invoice.paid':
        pay(event)


@app.post('/stripe/annotated')
async def annotated(request: Request, _: Annotated[None, Depends(verified)]):
    event = await request.json()
    if event['type'] == 'invoice.paid':
        pay(event)
