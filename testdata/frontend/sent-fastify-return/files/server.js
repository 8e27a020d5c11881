const fastify = require('fastify')()
fastify.get('/config', async (request, reply) => {
  return { stripeSecret: process.env.STRIPE_SECRET_KEY }
})
