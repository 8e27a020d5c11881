import Stripe from 'stripe'
export default async function handler(req, res) {
  const event = stripe.webhooks.constructEvent(await buffer(req), req.headers['stripe-signature'], process.env['STRIPE_WEBHOOK_SECRET'])
  if (event.type === 'invoice.paid') await extend(event)
  res.json({})
}
