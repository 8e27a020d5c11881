const stripe = require('stripe')(process.env.KEY);
app.post('/hook', async (req, res) => {
  const event = req.body;
  if (event.type === 'invoice.paid') {
    const subscription = await stripe.subscriptions.retrieve(event.data.object.subscription);
    await extend(event.data.object.customer, subscription.current_period_end);
  }
  res.sendStatus(200);
});
