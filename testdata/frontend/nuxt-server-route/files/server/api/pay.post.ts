import Stripe from 'stripe'
const stripe = new Stripe('{{sk_test}}')
export default defineEventHandler(() => stripe.balance.retrieve())
