app.post('/webhook', async (c) => {
  const sig = c.req.header('stripe-signature');
  const event = await stripe.webhooks.constructEventAsync(await c.req.text(), sig!, c.env.STRIPE_WEBHOOK_SECRET);
  switch (event.type) { case 'invoice.paid': await extend(event.data.object); }
  return c.text('', 200);
});
