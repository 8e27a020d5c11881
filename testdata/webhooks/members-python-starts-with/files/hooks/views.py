@csrf_exempt
def stripe_webhook(request):
    event = json.loads(request.body)
    if event['type'].startswith('customer.subscription'):
        sync(event['data']['object'])
    return HttpResponse()
