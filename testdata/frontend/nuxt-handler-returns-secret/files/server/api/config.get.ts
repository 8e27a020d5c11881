export default defineEventHandler(() => ({ key: useRuntimeConfig().stripeSecretKey }))
