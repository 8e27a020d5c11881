import Stripe from 'stripe'
let secret = ''
if (process.env.STRIPE_WEBHOOK_SECRET) secret = process.env.STRIPE_WEBHOOK_SECRET
else throw new Error('no secret')
export default async function handler(req, res) {
  const event = stripe.webhooks.constructEvent(await buffer(req), req.headers['stripe-signature'], secret)
  if (event.type === 'invoice.paid') await extend(event)
  res.json({})
}
