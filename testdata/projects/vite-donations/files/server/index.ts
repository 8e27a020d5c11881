import express from 'express'
import Stripe from 'stripe'

const stripe = new Stripe(process.env.STRIPE_SECRET_KEY!)
const endpointSecret = process.env.STRIPE_WEBHOOK_SECRET
if (!endpointSecret) throw new Error('STRIPE_WEBHOOK_SECRET is not set')

export const app = express()

app.post('/api/stripe', express.raw({ type: 'application/json' }), (request, response) => {
  let event: Stripe.Event
  try {
    event = stripe.webhooks.constructEvent(request.body, request.headers['stripe-signature']!, endpointSecret)
  } catch {
    response.sendStatus(400)
    return
  }
  if (event.type === 'payment_intent.succeeded') thank(event.data.object)
  response.json({ received: true })
})

app.post('/api/donations', express.json(), async (request, response) => {
  const intent = await stripe.paymentIntents.create({ amount: 1000, currency: 'eur' })
  response.json({ clientSecret: intent.client_secret })
})

function thank(intent: Stripe.PaymentIntent) {
  console.log('thank you for', intent.amount)
}

app.listen(4242)
