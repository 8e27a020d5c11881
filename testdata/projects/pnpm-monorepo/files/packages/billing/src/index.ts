import type Stripe from 'stripe'

const secret = process.env.STRIPE_WEBHOOK_SECRET
if (!secret) throw new Error('STRIPE_WEBHOOK_SECRET is not set')

export function readEvent(stripe: Stripe, body: Buffer, signature?: string | string[]): Stripe.Event | undefined {
  try {
    return stripe.webhooks.constructEvent(body, signature ?? '', secret!)
  } catch {
    return undefined
  }
}
