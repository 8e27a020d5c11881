import { Hono } from 'hono';
const app = new Hono();
app.post('/stripe/webhook', async (c) => {
  const event = await c.req.json();
  switch (event.type) { case 'invoice.paid': await extend(event.data.object); }
  return c.text('', 200);
});
