const secret = process.env.STRIPE_WEBHOOK_SECRET || ''
const other = process.env.STRIPE_WEBHOOK_SECRET ?? ""
