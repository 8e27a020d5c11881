def github_ok(request):
    digest = hmac.new(GITHUB_SECRET, request.data, 'sha256').hexdigest()
    return hmac.compare_digest('sha256=' + digest, request.headers['X-Hub-Signature-256'])
@app.post('/stripe')
def stripe_hook():
    event = request.get_json()
    if event['type'] == 'invoice.paid':
        pay(event)
    return ''
@app.post('/github')
def github_hook():
    if not github_ok(request): abort(401)
    return ''
