const secret = process.env.STRIPE_WEBHOOK_SECRET
if (!secret) { console.error('missing'); process.exit(1) }
app.post('/stripe', (req, res) => {
  const event = secret ? stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], secret) : req.body
  if (event.type === 'invoice.paid') pay(event)
  res.end()
})
