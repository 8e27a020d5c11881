import { loadStripe } from '@stripe/stripe-js'
const stripeSecretKey: string = import.meta.env.SECRET_FOR_PAYMENT
export const stripe = loadStripe(stripeSecretKey)
