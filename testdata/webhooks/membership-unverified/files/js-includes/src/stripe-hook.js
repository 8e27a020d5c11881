const stripe = require('stripe')(process.env.K)
app.post('/stripe', async (req, res) => {
  const event = req.body
  if (['invoice.paid','checkout.session.completed'].includes(event.type)) await pay(event)
  res.sendStatus(200)
})
