import { key } from './keys'
export const charge = () => fetch('https://api.stripe.com/v1/charges', { headers: { Authorization: key } })
