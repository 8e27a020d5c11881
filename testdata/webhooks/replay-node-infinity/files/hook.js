const stripe = require('stripe')(process.env.STRIPE_KEY)
module.exports = (req) => stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], process.env.WHSEC, Infinity)
