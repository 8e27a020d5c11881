const config = require('./config')
const event = stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature'], config.webhookSecret)
