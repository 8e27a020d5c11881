app.post('/stripe', raw, (req, res) => {
  let event = JSON.parse(req.body);
  if (process.env.VERIFY_STRIPE_SIGNATURE === 'true') {
    event = stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature'], SECRET);
  }
  if (event.type === 'invoice.paid') extend(event.data.object);
  res.sendStatus(200);
});
