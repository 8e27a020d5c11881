import { headers } from 'next/headers'
import type Stripe from 'stripe'

import { fulfil, release } from '@/lib/orders'
import { stripe } from '@/lib/stripe'

export async function POST(request: Request) {
  const signature = (await headers()).get('stripe-signature')
  const secret = process.env.STRIPE_WEBHOOK_SECRET
  if (!signature || !secret) {
    return new Response('not configured', { status: 400 })
  }

  let event: Stripe.Event
  try {
    event = stripe.webhooks.constructEvent(await request.text(), signature, secret)
  } catch (error) {
    return new Response(`Webhook Error: ${(error as Error).message}`, { status: 400 })
  }

  switch (event.type) {
    case 'checkout.session.completed':
      await fulfil(event.data.object)
      break
    case 'checkout.session.expired':
      await release(event.data.object)
      break
  }
  return Response.json({ received: true })
}
