const stripe = require('stripe')(process.env.K)
app.post('/hook', (req, res) => {
  const event = stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature'], process.env.HOOK_SECRET)
  if (event.type === 'invoice.paid') extend(event)
})
