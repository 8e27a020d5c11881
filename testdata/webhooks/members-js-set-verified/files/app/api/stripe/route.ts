const relevantEvents = new Set(['checkout.session.completed', 'invoice.paid'])
export async function POST(req: Request) {
  const event = stripe.webhooks.constructEvent(await req.text(), req.headers.get('stripe-signature')!, process.env.STRIPE_WEBHOOK_SECRET!)
  if (relevantEvents.has(event.type)) await handle(event)
  return new Response('')
}
