def on_event(event):
    if event["type"] == "invoice.paid":
        extend(event["data"]["object"])
