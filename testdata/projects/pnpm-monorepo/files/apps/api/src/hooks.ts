import { readEvent } from '@acme/billing'
import type { FastifyInstance } from 'fastify'

import { stripe } from './stripe'

export async function hooks(app: FastifyInstance) {
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.post('/stripe', async (request, reply) => {
    const event = readEvent(stripe, request.body as Buffer, request.headers['stripe-signature'])
    if (!event) return reply.code(400).send()
    switch (event.type) {
      case 'invoice.paid':
        app.log.info({ invoice: event.data.object.id })
        break
      case 'charge.dispute.created':
        app.log.warn({ raw: JSON.parse(String(request.body)).id })
        break
    }
    return { received: true }
  })
}
