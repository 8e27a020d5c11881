import stripe
from pyramid.view import view_config
@view_config(route_name='stripe', request_method='POST')
def hook(request):
    event = request.json_body
    if event.get('type') == 'invoice.paid':
        extend(event)
    return {}
