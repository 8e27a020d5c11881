const express = require('express');
const stripe = require('stripe')(process.env.STRIPE_KEY);
const app = express();
app.post('/webhook', (req, res) => {
  if (req.body.type === 'checkout.session.completed') fulfil(req.body.data.object);
  res.end();
});
app.use('/other', (req, res, next) => {
  stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], process.env.WHSEC);
  next();
});
