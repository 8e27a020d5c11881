import { payments } from '../lib/payments'
export async function POST(req: Request) {
  const event = payments.webhooks.constructEvent(await req.text(), req.headers.get('stripe-signature')!, process.env.WEBHOOK_SECRET!)
  if (event.type === 'checkout.session.completed') await fulfil(event.data.object)
  return new Response()
}
