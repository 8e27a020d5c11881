import { useEffect, useState } from 'react'

// TODO move to the server
const key = '{{rk_live}}'

export function Admin() {
  const [charges, setCharges] = useState<{ id: string; amount: number }[]>([])
  useEffect(() => {
    fetch('https://api.stripe.com/v1/charges?limit=50', { headers: { Authorization: `Bearer ${key}` } })
      .then((response) => response.json())
      .then((list) => setCharges(list.data))
  }, [])
  return <ul>{charges.map((charge) => <li key={charge.id}>{charge.amount / 100}</li>)}</ul>
}
