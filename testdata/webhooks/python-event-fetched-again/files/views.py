@csrf_exempt
def stripe_webhook(request):
    event_id = json.loads(request.body)["id"]
    event = stripe.Event.retrieve(event_id)
    if event.type == "invoice.payment_failed":
        downgrade(event.data.object)
    return HttpResponse()
