const stripe = require('stripe')(process.env.KEY);
app.post('/hook', (req, res) => {
  const sent = JSON.parse(req.body);
  if (!['invoice.paid', 'invoice.created'].includes(sent.type)) return res.sendStatus(200);
  let event;
  try {
    event = stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature'], process.env.WEBHOOK_SECRET);
  } catch (error) {
    return res.status(400).send('no');
  }
  pay(event);
  res.json({});
});
