export const GET = async () => new Response(JSON.stringify({ key: import.meta.env.STRIPE_SECRET_KEY }))
