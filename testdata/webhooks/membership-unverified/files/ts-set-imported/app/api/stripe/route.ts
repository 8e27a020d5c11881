import Stripe from 'stripe'
import { relevantEvents } from './events'
export async function POST(req: Request) {
  const event = await req.json()
  if (relevantEvents.has(event.type)) await handle(event)
  return new Response('ok')
}
