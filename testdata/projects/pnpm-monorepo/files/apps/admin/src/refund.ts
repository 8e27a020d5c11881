// May create refunds and nothing else.
const key = '{{rk_test}}'

export const refund = (charge: string) =>
  fetch('https://api.stripe.com/v1/refunds', {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}` },
    body: new URLSearchParams({ charge }),
  })
