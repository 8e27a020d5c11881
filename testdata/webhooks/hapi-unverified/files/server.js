server.route({
  method: 'POST', path: '/stripe/webhook',
  handler: async (request, h) => {
    const event = request.payload
    if (event.type === 'checkout.session.completed') await fulfil(event.data.object)
    return h.response().code(200)
  }
})
