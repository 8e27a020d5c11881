from pydantic import BaseModel
class StripeNotification(BaseModel):
    type: str
    data: dict
