import Stripe from 'stripe';
import { Hono } from 'hono';
const app = new Hono();
app.use(async (c, next) => {
  if (c.req.path === '/hook') {
    try {
      await stripe.webhooks.constructEventAsync(await c.req.text(), c.req.header('stripe-signature')!, c.env.WHSEC);
    } catch {
      return c.text('bad', 400);
    }
  }
  await next();
});
app.post('/hook', async (c) => {
  const event = await c.req.json();
  if (event.type === 'invoice.paid') await extend(event.data.object);
  return c.text('');
});
