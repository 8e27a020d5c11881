def fulfil(kind, obj):
    if kind == 'invoice.paid':
        Order.pay(obj)
