from fastapi import APIRouter, Request

from app.services import payments

router = APIRouter()


@router.post('/webhooks/stripe')
async def hook(request: Request):
    return await payments.handle(await request.body(), request.headers['stripe-signature'])
