const express = require('express');
const app = express();
const env = require('dotenv').config({ path: './.env' });
if (env.error) { throw new Error('no .env'); }
const stripe = require('stripe')(process.env.STRIPE_SECRET_KEY);
app.post('/webhook', async (req, res) => {
  let data, eventType;
  if (process.env.STRIPE_WEBHOOK_SECRET) {
    let event;
    try {
      event = stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], process.env.STRIPE_WEBHOOK_SECRET);
    } catch (err) {
      return res.sendStatus(400);
    }
    data = event.data;
    eventType = event.type;
  } else {
    data = req.body.data;
    eventType = req.body.type;
  }
  if (eventType === 'checkout.session.completed') { await ship(data.object); }
  res.sendStatus(200);
});
