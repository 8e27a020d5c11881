const Stripe = require('stripe');
async function collect(stream) {
  const parts = [];
  for await (const part of stream) {
    parts.push(typeof part === 'string' ? Buffer.from(part) : part);
  }
  return Buffer.concat(parts);
}
export default async function handler(req, res) {
  const raw = await collect(req);
  const event = JSON.parse(raw.toString('utf8'));
  if (event.type === 'checkout.session.completed') await fulfil(event.data.object);
  res.status(200).json({ received: true });
}
