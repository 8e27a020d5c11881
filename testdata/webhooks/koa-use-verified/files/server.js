const Koa = require('koa'); const Router = require('@koa/router');
const stripe = require('stripe')(process.env.KEY);
const router = new Router();
router.use(async (ctx, next) => {
  stripe.webhooks.constructEvent(ctx.request.rawBody, ctx.get('stripe-signature'), process.env.WHSEC);
  await next();
});
router.post('/webhook', async (ctx) => {
  const event = ctx.request.body;
  if (event.type === 'invoice.paid') await grant(event.data.object);
  ctx.status = 200;
});
