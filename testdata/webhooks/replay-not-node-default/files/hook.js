const stripe = require('stripe')(process.env.STRIPE_KEY)
module.exports = (req) => stripe.webhooks.constructEventAsync(req.rawBody, req.headers['stripe-signature'], process.env.WHSEC, undefined, provider)
