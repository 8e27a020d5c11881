module.exports = { expo: { name: 'shop', extra: { stripeSecretKey: process.env.STRIPE_SECRET_KEY } } };
