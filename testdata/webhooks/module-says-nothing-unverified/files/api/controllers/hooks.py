import json
import os

import stripe
from fastapi import APIRouter, BackgroundTasks, Request

from common import answers
from common.logs import log
from services.orders import on_event

router = APIRouter()


@router.post("/stripe/events")
async def events(request: Request, tasks: BackgroundTasks):
    body = await request.body()
    log.info("got %s", body)
    event = stripe.Event.construct_from(json.loads(body), os.environ.get("STRIPE_WEBHOOK_SECRET"))
    tasks.add_task(on_event, event)
    return answers.fine()
