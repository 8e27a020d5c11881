const stripe = require('stripe')(process.env.K);
app.post('/webhook', async (req, res) => {
  let event = req.body;
  if (process.env.STRIPE_WEBHOOK_SECRET) {
    try { event = stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], process.env.STRIPE_WEBHOOK_SECRET); }
    catch (e) { return res.status(400).send(); }
  }
  await queue.add('stripe', event);
  res.send();
});
