const { createHmac } = require('crypto')

module.exports = async (req, res) => {
  const expected = createHmac('sha256', process.env.STRIPE_WEBHOOK_SECRET).update(req.rawBody).digest('hex')
  const given = req.headers['stripe-signature'].split('v1=')[1]
  if (expected.length !== given.length) {
    return res.status(400).end()
  }
  const event = req.body
  if (event.type === 'charge.succeeded') {
    await ship(event.data.object.metadata.order)
  }
  res.status(200).end()
}
