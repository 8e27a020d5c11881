import type Stripe from 'stripe'

import { markOnboarded, suspend } from '@/lib/artists'

export async function POST(request: Request) {
  const event = (await request.json()) as Stripe.Event

  switch (event.type) {
    case 'account.updated':
      if (event.data.object.charges_enabled) await markOnboarded(event.account!)
      break
    case 'account.application.deauthorized':
      await suspend(event.account!)
      break
  }
  return Response.json({ received: true })
}
