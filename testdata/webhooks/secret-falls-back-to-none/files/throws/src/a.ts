import Stripe from 'stripe'
const secret = process.env.STRIPE_WEBHOOK_SECRET || fail('STRIPE_WEBHOOK_SECRET')
if (!process.env.STRIPE_WEBHOOK_SECRET) throw new Error('STRIPE_WEBHOOK_SECRET')
