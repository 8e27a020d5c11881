module.exports = {
  webhookSecret: process.env.STRIPE_WEBHOOK_SECRET || 'whsec_dev',
};
