import Stripe from 'stripe'
import { WEBHOOK_TOLERANCE_SECONDS } from './config'
export async function POST(req: Request) {
  const event = stripe.webhooks.constructEvent(await req.text(), req.headers.get('stripe-signature')!, secret, WEBHOOK_TOLERANCE_SECONDS)
  if (event.type === 'checkout.session.completed') await fulfil(event.data.object)
  return new Response('ok')
}
