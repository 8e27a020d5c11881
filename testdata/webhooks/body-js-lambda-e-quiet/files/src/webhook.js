const stripe = require('stripe')(process.env.STRIPE_SECRET_KEY);
module.exports.handler = async (e) => {
  const stripeEvent = stripe.webhooks.constructEvent(e.body, e.headers['stripe-signature'], process.env.STRIPE_WEBHOOK_SECRET);
  if (stripeEvent.type === 'invoice.paid') await extend(stripeEvent.data.object);
  return { statusCode: 200 };
};
