import Stripe from 'stripe'
const stripe = new Stripe(process.env.STRIPE_SECRET_KEY!)
export async function POST() { const intent = await stripe.paymentIntents.create({ amount: 1, currency: 'eur' }); return Response.json({ clientSecret: intent.client_secret }) }
