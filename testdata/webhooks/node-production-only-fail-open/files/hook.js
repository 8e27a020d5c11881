app.post('/stripe', (req, res) => {
  let event = req.body
  if (process.env.NODE_ENV === 'production') {
    try { event = stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], secret) } catch { return res.status(400).end() }
  }
  if (event.type === 'invoice.paid') pay(event)
  res.end()
})
