import Stripe from 'stripe'
const PLACEHOLDER = 'whsec_your_secret'
export default async function handler(req, res) {
  const secret = process.env.STRIPE_WEBHOOK_SECRET
  if (!secret || secret === PLACEHOLDER) return res.status(500).end()
  const event = stripe.webhooks.constructEvent(await buffer(req), req.headers['stripe-signature'], secret)
  if (event.type === 'invoice.paid') await extend(event)
  res.json({})
}
