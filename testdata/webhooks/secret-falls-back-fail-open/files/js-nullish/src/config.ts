export const stripe = { hook: process.env['STRIPE_WEBHOOK_SECRET'] ?? 'change-me' }
