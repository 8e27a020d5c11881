import os
from fastapi import FastAPI
app = FastAPI()
STRIPE_SECRET_KEY = os.environ["STRIPE_SECRET_KEY"]
@app.get("/config")
async def config():
    data = {"key": STRIPE_SECRET_KEY}
    return data
