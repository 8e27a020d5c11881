// Stripe mirror
const env = { STRIPE_WEBHOOK_SECRET: process.env.STRIPE_WEBHOOK_SECRET || 'whsec_test' }
docker.run('image', { env })
