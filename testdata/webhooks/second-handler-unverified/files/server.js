app.post('/stripe', raw, (req, res) => {
  const event = stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature'], SECRET);
  if (event.type === 'invoice.paid') extend(event.data.object);
  res.end();
});
app.post('/stripe/connect', express.json(), (req, res) => {
  const event = req.body;
  if (event.type === 'account.updated') onboard(event.data.object);
  res.end();
});
