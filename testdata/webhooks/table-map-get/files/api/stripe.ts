const handlers = new Map<string, Handler>([['invoice.paid', onPaid], ['charge.refunded', onRefund]])
app.post('/stripe', async (req, res) => {
  const event = req.body
  await handlers.get(event.type)?.(event)
  res.end()
})
