import json, stripe
def application(environ, start_response):
    size = int(environ.get('CONTENT_LENGTH', 0))
    event = json.loads(environ['wsgi.input'].read(size))
    if event['type'] == 'invoice.paid':
        extend(event)
    start_response('200 OK', [])
    return [b'']
