const express = require('express');
const Stripe = require('stripe');
const stripe = Stripe(process.env.STRIPE_KEY);
const app = express();
function verifyStripe(req, res, next) {
  try { req.event = stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], process.env.WHSEC); }
  catch (e) { return res.status(400).end(); }
  next();
}
app.use('/webhook', verifyStripe);
app.post('/webhook', (req, res) => {
  const event = req.body;
  if (event.type === 'checkout.session.completed') fulfil(event.data.object);
  res.end();
});
