'use client'

import { Elements, PaymentElement } from '@stripe/react-stripe-js'

import { stripePromise } from '@/lib/stripe-client'

export function CheckoutForm({ clientSecret }: { clientSecret: string }) {
  return (
    <Elements stripe={stripePromise} options={ { clientSecret } }>
      <PaymentElement />
    </Elements>
  )
}
