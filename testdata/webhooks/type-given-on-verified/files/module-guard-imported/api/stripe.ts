import Stripe from 'stripe'
import { webhookSecret } from '../lib/env'
export async function POST(req: Request) {
  const body = await req.text()
  const event = webhookSecret ? stripe.webhooks.constructEvent(body, req.headers.get('stripe-signature'), webhookSecret) : JSON.parse(body)
  if (event.type === 'invoice.paid') await pay(event)
  return new Response('ok')
}
