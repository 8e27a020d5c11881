const stripe = require('stripe')(process.env.KEY);
app.post('/hook', async (req, res) => {
  const event = req.body;
  if (event.type === 'customer.subscription.updated') {
    const subscription = await stripe.subscriptions.retrieve(event.data.object.id);
    await db.update({ where: { id: subscription.id }, data: { until: subscription.current_period_end } });
  }
  res.sendStatus(200);
});
