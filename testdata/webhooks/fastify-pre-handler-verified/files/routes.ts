import type { FastifyInstance } from 'fastify'
import Stripe from 'stripe'
const stripe = new Stripe(process.env.STRIPE_KEY!)
async function verify(request: any) {
  stripe.webhooks.constructEvent(request.rawBody, request.headers['stripe-signature'], process.env.WHSEC!)
}
export default async function routes(app: FastifyInstance) {
  app.post('/webhook', { preHandler: [verify] }, async (request: any) => {
    if (request.body.type === 'invoice.paid') await grant(request.body.data.object)
    return {}
  })
}
