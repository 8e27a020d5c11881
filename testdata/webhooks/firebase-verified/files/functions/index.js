const functions = require('firebase-functions');
const stripe = require('stripe')(functions.config().stripe.secret);
exports.hook = functions.https.onRequest((req, res) => {
  const event = stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], functions.config().stripe.webhook);
  if (event.type === 'invoice.paid') extend(event.data.object);
  res.sendStatus(200);
});
