const stripe = require('stripe')(process.env.KEY);
module.exports = async (req, res) => {
  let event = req.body;
  if (process.env.STRIPE_WEBHOOK_SECRET) {
    event = stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], process.env.STRIPE_WEBHOOK_SECRET);
  }
  if (event.type === 'checkout.session.completed') {
    const customer = await stripe.customers.retrieve(event.data.object.customer);
    await grant(event.data.object.client_reference_id, customer.email);
  }
  res.sendStatus(200);
};
