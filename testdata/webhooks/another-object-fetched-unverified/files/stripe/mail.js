const stripe = require('stripe')(process.env.KEY);
app.post('/hook', async (req, res) => {
  const event = req.body;
  if (event.type === 'invoice.paid') {
    const customer = await stripe.customers.retrieve(event.data.object.customer);
    await mail(customer.email, 'paid');
  }
  res.sendStatus(200);
});
