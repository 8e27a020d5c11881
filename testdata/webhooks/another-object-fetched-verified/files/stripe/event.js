const stripe = require('stripe')(process.env.KEY);
app.post('/hook', async (req, res) => {
  const event = req.body;
  if (event.type === 'invoice.paid') {
    const { data } = await stripe.events.retrieve(event.id);
    await extend(data.object.customer);
  }
  res.sendStatus(200);
});
