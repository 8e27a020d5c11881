export default defineEventHandler(() => ({ key: useRuntimeConfig().public.stripePublishableKey }))
