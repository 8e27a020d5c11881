module.exports = {
  serverRuntimeConfig: { stripeSecret: process.env.STRIPE_SECRET_KEY },
  publicRuntimeConfig: { stripeKey: process.env.STRIPE_PUBLISHABLE_KEY },
};
