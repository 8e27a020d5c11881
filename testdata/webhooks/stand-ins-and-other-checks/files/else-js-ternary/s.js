const stripe = require('stripe')(process.env.K);
app.post('/webhook', async (req, res) => {
  const event = secret ? stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], secret) : JSON.parse(req.rawBody);
  await bus.publish(event.type, event.data.object);
  res.send();
});
