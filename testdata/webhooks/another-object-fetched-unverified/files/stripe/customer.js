const stripe = require('stripe')(process.env.KEY);
app.post('/hook', async (req, res) => {
  const event = req.body;
  if (event.type === 'checkout.session.completed') {
    const customer = await stripe.customers.retrieve(event.data.object.customer);
    await grant(event.data.object.client_reference_id, customer.email);
  }
  res.sendStatus(200);
});
