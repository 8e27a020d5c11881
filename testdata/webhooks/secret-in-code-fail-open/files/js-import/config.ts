export const STRIPE_WEBHOOK_SECRET = 'whsec_your_secret'
