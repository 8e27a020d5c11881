import Stripe from 'stripe'

const stripe = new Stripe(process.env.STRIPE_SECRET_KEY ?? '')
const secret = process.env.STRIPE_WEBHOOK_SECRET || ''

export async function POST(request: Request) {
  let event: Stripe.Event
  try {
    event = stripe.webhooks.constructEvent(await request.text(), request.headers.get('stripe-signature') ?? '', secret)
  } catch {
    return new Response('not signed', { status: 400 })
  }
  if (event.type === 'invoice.paid') {
    await extend(event.data.object)
  }
  return new Response('ok')
}
