const stripe = require('stripe')(process.env.STRIPE_SECRET_KEY);
async function collect(stream) {
  const parts = [];
  for await (const part of stream) {
    parts.push(typeof part === 'string' ? Buffer.from(part) : part);
  }
  return Buffer.concat(parts);
}
export default async function handler(req, res) {
  const raw = await collect(req);
  let event;
  try {
    event = stripe.webhooks.constructEvent(raw, req.headers['stripe-signature'], process.env.STRIPE_WEBHOOK_SECRET);
  } catch (err) {
    return res.status(400).send(`Webhook Error: ${err.message}`);
  }
  if (event.type === 'checkout.session.completed') await fulfil(event.data.object);
  res.status(200).json({ received: true });
}
