const stripe = require('stripe')(process.env.K);
app.post('/webhook', async (req, res) => {
  let event = req.body, verified = false;
  if (process.env.STRIPE_WEBHOOK_SECRET) {
    event = stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], process.env.STRIPE_WEBHOOK_SECRET);
    verified = true;
  }
  console.log('got', event);
  if (!verified) return res.status(400).end();
  await handle(event);
  res.send();
});
