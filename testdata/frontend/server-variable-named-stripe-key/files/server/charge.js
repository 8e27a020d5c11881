const stripeKey = process.env.STRIPE_SECRET_KEY
const stripe = require('stripe')(stripeKey)
module.exports = { stripe, stripeKey }
