from fastapi import FastAPI, Request
app = FastAPI()
@app.post("/hooks/billing")
async def hook(request: Request):
    event = await request.json()
    if event["type"] == "customer.subscription.updated":
        await sync(event["data"]["object"])
