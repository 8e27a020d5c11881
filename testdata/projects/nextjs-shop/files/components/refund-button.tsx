'use client'

export function RefundButton({ charge }: { charge: string }) {
  const refund = () =>
    fetch('https://api.stripe.com/v1/refunds', {
      method: 'POST',
      headers: { Authorization: `Bearer ${process.env.NEXT_PUBLIC_STRIPE_SECRET_KEY}` },
      body: new URLSearchParams({ charge }),
    })
  return <button onClick={refund}>Refund</button>
}
