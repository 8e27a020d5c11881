route.post('/v1/stripe-webhook', async (c) => {
  const sig = c.req.header('stripe-signature');
  if (!sig) return c.json({ error: 'no signature' }, 400);
  await container.resolve(CheckoutController).webhook(await c.req.text(), sig);
  return c.json({}, 200);
});
