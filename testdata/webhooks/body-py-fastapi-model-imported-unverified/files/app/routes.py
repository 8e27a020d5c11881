import stripe
from fastapi import APIRouter
from .schemas import StripeNotification
router = APIRouter()
@router.post("/stripe/hook")
async def hook(n: StripeNotification):
    if n.type == "invoice.paid":
        await extend(n.data)
    return {}
