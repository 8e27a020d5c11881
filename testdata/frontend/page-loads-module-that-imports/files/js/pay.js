const key = '{{sk_live}}'
export const pay = () => fetch('https://api.stripe.com/v1/charges', { headers: { Authorization: `Bearer ${key}` } })
