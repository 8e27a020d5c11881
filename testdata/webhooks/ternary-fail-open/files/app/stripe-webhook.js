module.exports = (req, res) => {
  const secret = config.stripe.webhook_secret;
  const event = secret
    ? stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature'], secret)
    : JSON.parse(req.body);
  if (event.type === 'customer.subscription.deleted') cancel(event.data.object);
  res.sendStatus(200);
};
