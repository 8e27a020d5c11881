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


@app.post('/stripe')
async def hook(request: Request, db=Depends(session), again: Annotated[None, Depends(session)] = None):
    event = await request.json()
    if event['type'] == 'invoice.paid':
        pay(db, event)
