// Stripe events, verified in app.js
module.exports = (req, res) => {
  const event = JSON.parse(req.body);
  if (event.type === 'invoice.paid') extend(event.data.object);
  res.end();
};
