module.exports = { apps: [{ name: 'pay', env: { STRIPE_SECRET_KEY: '{{sk_test}}' }, env_production: { STRIPE_SECRET_KEY: '{{sk_test@b}}' } }] }
