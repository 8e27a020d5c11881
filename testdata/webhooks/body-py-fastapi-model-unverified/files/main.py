import stripe
from fastapi import FastAPI
from pydantic import BaseModel
app = FastAPI()
class StripeHook(BaseModel):
    type: str
    data: dict
@app.post("/stripe/hook")
async def hook(hook: StripeHook):
    match hook.type:
        case "invoice.paid":
            await extend(hook.data)
    return {}
