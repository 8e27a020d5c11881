import stripe
def hook(request):
    event = json.loads(request.body)
    if event['type'] == 'account.updated':
        account = stripe.Account.retrieve(event['data']['object']['id'])
        seller = Seller.objects.get(account=account.id)
        seller.ready = account.get('charges_enabled')
        seller.save()
    return HttpResponse()
