// Stripe
module.exports = (req, res) => res.json({ stripe: !!process.env.STRIPE_SECRET_KEY, mode: process.env.STRIPE_SECRET_KEY.startsWith('sk_live') ? 'live' : 'test' })
