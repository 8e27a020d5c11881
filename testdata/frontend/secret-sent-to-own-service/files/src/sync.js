// Stripe
export const sync = () => axios.post('http://billing.internal', { key: process.env.STRIPE_SECRET_KEY })
export const load = () => ({ key: process.env.STRIPE_SECRET_KEY })
