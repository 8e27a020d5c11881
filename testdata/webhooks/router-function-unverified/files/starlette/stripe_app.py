from starlette.applications import Starlette
from starlette.routing import Route, Mount
async def hook(request):
    event = await request.json()
    if event['type'] == 'invoice.paid':
        pay(event)
    return JSONResponse({})
def routes():
    return [Mount('/api', routes=[Route('/stripe', hook, methods=['POST'])])]
app = Starlette(routes=routes())
