import stripe
from fastapi import FastAPI
from pydantic import BaseModel
app = FastAPI()
class Plan(BaseModel):
    type: str
def choose(plan: Plan):
    return plan.type == "invoice.paid"
