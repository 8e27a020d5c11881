import { isSigned } from './signing'
export async function POST(req: Request) {
  const text = await req.text()
  const ok = isSigned(text, req.headers.get('stripe-signature')!)
  const event = JSON.parse(text)
  if (event.type === 'checkout.session.completed') await ship(event)
  return new Response('')
}
