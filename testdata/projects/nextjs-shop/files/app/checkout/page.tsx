import { CheckoutForm } from '@/components/checkout-form'
import { stripe } from '@/lib/stripe'

export default async function Page() {
  const intent = await stripe.paymentIntents.create({ amount: 2400, currency: 'eur' })
  return <CheckoutForm clientSecret={intent.client_secret!} />
}
