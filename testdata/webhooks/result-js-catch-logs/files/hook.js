app.post('/stripe', async (req, res) => {
  await stripe.webhooks.constructEventAsync(req.body, req.headers['stripe-signature'], process.env.WHSEC).catch(console.error)
  const event = JSON.parse(req.body)
  if (event.type === 'invoice.paid') await pay(event)
  res.end()
})
