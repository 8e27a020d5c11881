import Stripe from 'stripe'
const secret = process.env.STRIPE_WEBHOOK_SECRET
if (!secret) throw new Error('STRIPE_WEBHOOK_SECRET is missing')
export async function POST(req: Request) {
  const body = await req.text()
  let event
  if (secret) {
    event = stripe.webhooks.constructEvent(body, req.headers.get('stripe-signature'), secret)
  } else {
    event = JSON.parse(body)
  }
  if (event.type === 'invoice.paid') await pay(event)
  return new Response('ok')
}
