import Stripe from 'stripe'
const relevantEvents = new Set(['checkout.session.completed', 'invoice.paid'])
export async function POST(req: Request) {
  const body = await req.text()
  let event: Stripe.Event
  try { event = stripe.webhooks.constructEvent(body, req.headers.get('stripe-signature')!, process.env.STRIPE_WEBHOOK_SECRET!) }
  catch (e) { return new Response('bad', { status: 400 }) }
  if (relevantEvents.has(event.type)) await handle(event)
  return new Response('ok')
}
