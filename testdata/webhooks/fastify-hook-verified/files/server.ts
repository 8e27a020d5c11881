import Fastify from 'fastify'
import Stripe from 'stripe'
const stripe = new Stripe(process.env.STRIPE_KEY!)
const app = Fastify()
app.addHook('preHandler', async (request, reply) => {
  stripe.webhooks.constructEvent(request.rawBody, request.headers['stripe-signature'] as string, process.env.WHSEC!)
})
app.post('/webhook', async (request) => {
  const event = request.body as Stripe.Event
  if (event.type === 'invoice.paid') await grant(event.data.object)
  return { ok: true }
})
