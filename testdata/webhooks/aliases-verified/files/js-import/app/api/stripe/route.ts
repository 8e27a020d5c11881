import { construct as toEvent } from '../../../lib/verify'
export async function POST(req: Request) {
  let event
  try { event = toEvent(await req.text(), req.headers.get('stripe-signature')) } catch { return new Response('', { status: 400 }) }
  if (event.type === 'invoice.paid') await pay(event)
  return new Response('ok')
}
