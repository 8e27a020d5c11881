import { fulfil } from '../../../lib/fulfil'
export async function POST(req: Request) {
  const event = stripe.webhooks.constructEvent(await req.text(), req.headers.get('stripe-signature'), secret)
  await fulfil(event.type, event.data.object)
  return new Response('ok')
}
