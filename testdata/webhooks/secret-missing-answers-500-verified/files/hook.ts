export async function POST(req: Request) {
  const secret = process.env.STRIPE_WEBHOOK_SECRET
  if (!secret) { console.error('no secret'); return new Response('misconfigured', { status: 500 }) }
  const sig = req.headers.get('stripe-signature')
  if (!sig) return new Response('no signature', { status: 400 })
  let event: Stripe.Event
  try { event = stripe.webhooks.constructEvent(await req.text(), sig, secret) } catch (e) { return new Response('bad', { status: 400 }) }
  if (event.type === 'invoice.paid') await pay(event)
  return new Response('')
}
