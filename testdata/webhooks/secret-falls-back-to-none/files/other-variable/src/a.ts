import Stripe from 'stripe'
const secret = process.env.STRIPE_WEBHOOK_SECRET || process.env.STRIPE_ENDPOINT_SECRET
const b = secretOf('STRIPE_WEBHOOK_SECRET', 'live')
const c = `${process.env.STRIPE_WEBHOOK_SECRET || `${x}`}`
