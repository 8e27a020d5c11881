module.exports = { publicRuntimeConfig: { stripeSecret: process.env.STRIPE_SECRET_KEY } };
