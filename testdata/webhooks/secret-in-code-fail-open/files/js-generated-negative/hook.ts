import Stripe from 'stripe'
const secret = 'whsec_' + crypto.randomBytes(16).toString('hex')
export default async function handler(req, res) {
  const event = stripe.webhooks.constructEvent(await buffer(req), req.headers['stripe-signature'], secret)
  if (event.type === 'invoice.paid') await extend(event)
  res.json({})
}
