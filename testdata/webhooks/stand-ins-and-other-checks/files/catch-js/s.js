const stripe = require('stripe')(process.env.K);
app.post('/webhook', async (req, res) => {
  let event;
  try { event = stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], secret); }
  catch (e) { event = JSON.parse(req.rawBody); }
  await handle(event);
  res.send();
});
