import { Hono } from 'hono'
import Stripe from 'stripe'

const app = new Hono<{ Bindings: { STRIPE_KEY: string; STRIPE_WEBHOOK_SECRET: string } }>()

app.post('/stripe/events', async (c) => {
  const stripe = new Stripe(c.env.STRIPE_KEY)
  const signature = c.req.header('stripe-signature')
  try {
    if (!signature) {
      return c.text('no signature', 400)
    }
    const event = await stripe.webhooks.constructEventAsync(await c.req.text(), signature, c.env.STRIPE_WEBHOOK_SECRET)
    if (event.type === 'checkout.session.completed') {
      await fulfil(event.data.object)
    }
    return c.json({ received: true }, 200)
  } catch (error) {
    return c.json({ error: String(error) }, 400)
  }
})

export default app
