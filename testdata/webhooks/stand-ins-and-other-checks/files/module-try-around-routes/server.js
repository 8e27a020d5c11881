const stripe = require('stripe')(process.env.K);
try {
  app.post('/webhook', (req, res) => {
    let event;
    try { event = stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], secret); }
    catch (err) { return res.sendStatus(400); }
    if (event.type === 'invoice.paid') extend(event);
    res.sendStatus(200);
  });
  app.listen(3000);
} catch (e) { console.error(e); process.exit(1); }
