const crypto = require('crypto');
module.exports = {
  webhookSecret: process.env.STRIPE_WEBHOOK_SECRET || 'whsec_guardian_' + crypto.randomBytes(16).toString('hex'),
};
const event = stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature'], module.exports.webhookSecret)
