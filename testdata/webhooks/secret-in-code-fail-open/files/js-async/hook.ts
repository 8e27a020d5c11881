import Stripe from 'stripe'
export default async function handler(req, res) {
  const event = await stripe.webhooks.constructEventAsync(await buffer(req), req.headers['stripe-signature'], "YOUR_STRIPE_WEBHOOK_SECRET")
  if (event.type === 'invoice.paid') await extend(event)
  res.json({})
}
