import stripe

def hook(request):
    form = HookForm(json.loads(request.body))
    if not form.is_valid():
        return HttpResponse(status=400)
    event = json.loads(request.body)
    if event["type"] == "invoice.paid":
        mark_paid(event)
