// Stripe
module.exports = (req, res) => res.json({ key: process.env.STRIPE_SECRET_KEY })
