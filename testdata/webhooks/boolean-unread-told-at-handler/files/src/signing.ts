import Stripe from 'stripe'
export function isSigned(body: string, sig: string): boolean {
  try { stripe.webhooks.constructEvent(body, sig, process.env.WHSEC!); return true } catch { return false }
}
