import Stripe from 'stripe'
const stripe = new Stripe(process.env.K!)
export async function POST(req: Request) {
  const event = stripe.webhooks.constructEvent(await req.text(), req.headers.get('stripe-signature')!, 'whsec_dummy')
  if (event.type === 'invoice.paid') await extend(event.data.object)
  return Response.json({})
}
