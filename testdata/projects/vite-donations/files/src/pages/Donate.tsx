import { Elements, PaymentElement } from '@stripe/react-stripe-js'
import { useEffect, useState } from 'react'

import { stripe } from '../lib/stripe'

export function Donate() {
  const [clientSecret, setClientSecret] = useState<string>()
  useEffect(() => {
    fetch('/api/donations', { method: 'POST' })
      .then((response) => response.json())
      .then((intent) => setClientSecret(intent.clientSecret))
  }, [])
  if (!clientSecret) return null
  return (
    <Elements stripe={stripe} options={ { clientSecret } }>
      <PaymentElement />
    </Elements>
  )
}
