app.post('/webhook', express.json(), (req, res) => {
  const event = req.body;
  if (event.type === 'payment_intent.succeeded') { ship(event.data.object); }
  res.json({ received: true });
});
