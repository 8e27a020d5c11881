const stripe = require('stripe')(process.env.STRIPE_SECRET_KEY);
module.exports.handler = async (e) => {
  const stripeEvent = JSON.parse(e.body);
  switch (stripeEvent.type) {
    case 'invoice.paid':
      await extend(stripeEvent.data.object);
  }
  return { statusCode: 200 };
};
