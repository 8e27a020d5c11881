import Stripe from 'stripe'
const secret = process.env.GITHUB_WEBHOOK_SECRET || 'dev'
const other = process.env.CLERK_WEBHOOK_SIGNING_SECRET ?? "dev"
