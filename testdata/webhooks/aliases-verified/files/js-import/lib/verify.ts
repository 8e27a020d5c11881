import Stripe from 'stripe'
export const construct = (b, s) => stripe.webhooks.constructEvent(b, s, process.env.STRIPE_WEBHOOK_SECRET)
