module.exports = (config) => config.set({ client: { env: { STRIPE_SECRET_KEY: '{{sk_live}}' } } })
