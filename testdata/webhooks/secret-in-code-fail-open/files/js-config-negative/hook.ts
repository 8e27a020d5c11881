import Stripe from 'stripe'
const secret = config.get('stripe.webhookSecret')
const other = functions.config().stripe.secret
export default async function handler(req, res) {
  const event = stripe.webhooks.constructEvent(await buffer(req), req.headers['stripe-signature'], secret)
  if (event.type === 'invoice.paid') await extend(event)
  res.json({})
}
