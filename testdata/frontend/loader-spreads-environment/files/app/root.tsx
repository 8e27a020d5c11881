// STRIPE_SECRET_KEY is in it
export const loader = async () => json({ env: { ...process.env } })
