router.post('/stripe/webhook', async (ctx) => {
  const event = ctx.request.body;
  switch (event.type) { case 'checkout.session.completed': await fulfil(event.data.object); }
  ctx.status = 200;
});
