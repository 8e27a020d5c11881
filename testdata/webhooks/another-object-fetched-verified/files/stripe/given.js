const stripe = require('stripe')(process.env.KEY);
app.post('/hook', async (req, res) => {
  const event = req.body;
  if (event.type === 'invoice.paid') {
    const invoice = await stripe.invoices.retrieve(event.data.object.id);
    await recordInvoice(invoice);
  }
  res.sendStatus(200);
});
