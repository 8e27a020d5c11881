const stripe = require('stripe')(process.env.STRIPE_SECRET_KEY)
queue.send({ apiVersion: '2024', account: process.env.STRIPE_ACCOUNT })
logger.info({ configured: !!process.env.STRIPE_SECRET_KEY })
module.exports = { stripe, getSecret: () => process.env.STRIPE_SECRET_KEY }
