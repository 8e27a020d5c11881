app.post('/stripe', async (req, res) => {
  const ok = await stripe.webhooks.constructEventAsync(req.body, req.headers['stripe-signature'], process.env.WHSEC).catch(() => null)
  if (!ok) return res.status(400).end()
  const event = JSON.parse(req.body)
  if (event.type === 'invoice.paid') await pay(event)
  res.end()
})
