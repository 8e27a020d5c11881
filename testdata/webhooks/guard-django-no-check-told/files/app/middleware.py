class Log:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        if request.path.startswith('/stripe/'):
            print(request.headers.get('Stripe-Signature'))
        return self.get_response(request)
