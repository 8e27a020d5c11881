import Stripe from 'stripe'
const relevantEvents = new Set(['checkout.session.completed', 'invoice.paid'])
export async function POST(req: Request) {
  const event = await req.json() as Stripe.Event
  if (relevantEvents.has(event.type)) await handle(event)
  return new Response('ok')
}
