const stripe = require('stripe')(process.env.K);
app.post('/webhook', async (req, res) => {
  let event;
  if (process.env.STRIPE_WEBHOOK_SECRET) event = stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], process.env.STRIPE_WEBHOOK_SECRET);
  else {
    event = JSON.parse(req.rawBody);
    console.warn('unsigned', event.type);
    return res.status(500).send('no secret');
  }
  await handle(event);
  res.send();
});
