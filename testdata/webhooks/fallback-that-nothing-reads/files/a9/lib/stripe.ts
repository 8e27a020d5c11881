import Stripe from 'stripe'
export const secret = `${process.env.STRIPE_WEBHOOK_SECRET || 'whsec_' + nanoid()}`
export const event = stripe.webhooks.constructEvent(body, sig, secret)
