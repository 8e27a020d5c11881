import { Hono, type Context, type Next } from 'hono'
import { HTTPException } from 'hono/http-exception'
import Stripe from 'stripe'

const stripe = new Stripe(process.env.STRIPE_API_KEY ?? '')
export const app = new Hono<{ Variables: { event: Stripe.Event } }>()

const signedByStripe = async (c: Context, next: Next) => {
  try {
    const header = c.req.header('stripe-signature')
    if (!header) {
      throw new HTTPException(400, { message: 'unsigned' })
    }
    const event = stripe.webhooks.constructEvent(await c.req.raw.text(), header, process.env.STRIPE_WEBHOOK_SECRET ?? '')
    c.set('event', event)
    await next()
  } catch (error) {
    console.error(error)
    return c.json({ error: 'verification failed' }, 400)
  }
}

app.post('/hooks', signedByStripe, async (c) => {
  const event = c.get('event')
  switch (event.type) {
    case 'invoice.paid':
      await extend(event.data.object)
      break
  }
  return c.json({ ok: true })
})
