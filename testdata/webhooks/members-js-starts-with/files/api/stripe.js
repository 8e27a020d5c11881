app.post('/stripe', async (req, res) => {
  const event = req.body
  if (event.type.startsWith('customer.subscription.')) await sync(event.data.object)
  res.end()
})
