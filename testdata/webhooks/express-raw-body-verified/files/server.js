app.use(bodyParser.json({ verify: (req, res, buf) => { req.rawBody = buf; } }));
app.post('/stripe', (req, res) => {
  let event;
  try { event = stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], secret); } catch (e) { return res.status(400).end(); }
  if (event.type === 'invoice.paid') extend(event.data.object);
  res.end();
});
