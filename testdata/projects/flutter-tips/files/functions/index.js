const { onCall, onRequest } = require('firebase-functions/v2/https');
const { defineSecret } = require('firebase-functions/params');
const Stripe = require('stripe');

const key = defineSecret('STRIPE_SECRET_KEY');
const signing = defineSecret('STRIPE_WEBHOOK_SECRET');

exports.createTip = onCall({ secrets: [key] }, async ({ data }) => {
  const stripe = new Stripe(key.value());
  const intent = await stripe.paymentIntents.create({ amount: data.amount, currency: 'eur' });
  return { clientSecret: intent.client_secret };
});

exports.stripeWebhook = onRequest({ secrets: [key, signing] }, (request, response) => {
  let event;
  try {
    event = new Stripe(key.value()).webhooks.constructEvent(
      request.rawBody,
      request.headers['stripe-signature'],
      signing.value(),
    );
  } catch (error) {
    response.status(400).send(error.message);
    return;
  }
  if (event.type === 'payment_intent.succeeded') console.log('tip', event.data.object.amount);
  response.sendStatus(200);
});
