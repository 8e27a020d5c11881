new Elysia().post('/stripe/webhook', ({ body }) => {
  const event = body as Stripe.Event
  switch (event.type) { case 'invoice.paid': return pay(event) }
})
