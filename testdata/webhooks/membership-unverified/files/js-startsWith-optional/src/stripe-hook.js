const stripe = require('stripe')(process.env.K)
app.post('/stripe', async (req, res) => {
  if (req.body.type?.startsWith('invoice.')) await sync(req.body.data.object)
  res.sendStatus(200)
})
