import { loadStripe } from '@stripe/stripe-js'
const secret: string = '{{pk_test}}'
export const stripe = loadStripe(secret)
