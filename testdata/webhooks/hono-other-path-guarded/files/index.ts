import { Hono } from 'hono'
import Stripe from 'stripe'
const app = new Hono()
app.use('/connect/*', async (c, next) => {
  const stripe = new Stripe(c.env.KEY)
  await stripe.webhooks.constructEventAsync(await c.req.text(), c.req.header('stripe-signature')!, c.env.WHSEC)
  await next()
})
app.post('/webhook/stripe', async (c) => {
  const event = await c.req.json()
  if (event.type === 'invoice.paid') await grant(event.data.object)
  return c.json({ ok: true })
})
