import requests, stripe
def last():
    response = requests.get("https://queue.example.com/next")
    event = response.json()
    if event["type"] == "invoice.paid":
        extend(event)
