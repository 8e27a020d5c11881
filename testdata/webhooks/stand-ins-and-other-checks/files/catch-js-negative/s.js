const stripe = require('stripe')(process.env.K);
app.post('/webhook', async (req, res) => {
  let event;
  try { event = stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], secret); }
  catch (e) { console.error(e); return res.status(400).send(e.message); }
  await handle(event);
  await audit(req.body);
  res.send();
});
