'use server'
export async function getStripeConfig() {
  return { secret: process.env.STRIPE_SECRET_KEY }
}
