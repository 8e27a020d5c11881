import Stripe from 'stripe'
// const secret = process.env.STRIPE_WEBHOOK_SECRET || 'whsec_dummy'
