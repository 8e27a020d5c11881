const stripe = require('stripe')(process.env.KEY);
app.post('/hook', async (req, res) => {
  const event = req.body;
  if (event.type === 'payment_intent.succeeded') {
    const { status, metadata } = await stripe.paymentIntents.retrieve(event.data.object.id);
    if (status === 'succeeded') await grant(metadata.user);
  }
  res.sendStatus(200);
});
