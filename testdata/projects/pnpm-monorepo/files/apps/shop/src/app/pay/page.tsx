'use client'

import { loadStripe } from '@stripe/stripe-js'

const stripe = loadStripe(process.env.NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY!)

export default function Page() {
  return <button onClick={async () => (await stripe)!.confirmPayment({ clientSecret: await intent() } as never)}>Pay</button>
}

async function intent(): Promise<string> {
  const response = await fetch('/api/intents', { method: 'POST' })
  return (await response.json()).clientSecret
}
