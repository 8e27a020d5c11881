const stripe = require('stripe')(process.env.STRIPE_SECRET_KEY);
const express = require('express');
const app = express();
app.use((req, res, next) => {
  if (req.originalUrl !== '/webhook') return next();
  try {
    stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], process.env.WHSEC);
  } catch (err) {
    return res.status(400).end();
  }
  next();
});
app.post('/webhook', async (req, res) => {
  if (req.body.type === 'invoice.paid') await extend(req.body.data.object);
  res.end();
});
