const stripe = require('stripe')(process.env.STRIPE_SECRET_KEY);
const fastify = require('fastify')();
fastify.addHook('preHandler', async (request, reply) => {
  if (request.url.startsWith('/stripe')) {
    try {
      stripe.webhooks.constructEvent(request.rawBody, request.headers['stripe-signature'], process.env.WHSEC);
    } catch (e) {
      return reply.code(400).send();
    }
  }
});
fastify.post('/stripe', async (request, reply) => {
  if (request.body.type === 'invoice.paid') await extend(request.body.data.object);
  return {};
});
