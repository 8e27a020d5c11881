const stripe = require('stripe')(process.env.K);
app.post('/webhook', async (req, res) => {
  let event;
  if (req.query.connect) event = stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], process.env.CONNECT_SECRET);
  else event = stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], process.env.STRIPE_WEBHOOK_SECRET);
  await handle(event);
  res.send();
});
