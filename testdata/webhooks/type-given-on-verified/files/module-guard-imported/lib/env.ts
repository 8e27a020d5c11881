export const webhookSecret = process.env.STRIPE_WEBHOOK_SECRET
if (!webhookSecret) throw new Error('missing')
