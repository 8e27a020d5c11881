import Stripe from 'stripe'
const stripe = new Stripe(process.env.STRIPE_SECRET_KEY!)
export function check(body: string, header: string) {
  if (!stripe.webhooks.signature.verifyHeader(body, header, process.env.STRIPE_WEBHOOK_SECRET!)) throw new Error('bad')
  return JSON.parse(body)
}
