const express = require('express');
const axios = require('axios');
const app = express();
const STRIPE = 'https://api.stripe.com/v1';
app.post('/stripe-webhook', express.json(), async (req, res) => {
  const headers = { Authorization: `Bearer ${process.env.STRIPE_SECRET_KEY}` };
  await fetch('https://api.stripe.com/v1/events?limit=1', { headers });
  const event = req.body;
  if (event.type === 'checkout.session.completed') { await pay(event.data.object.id); }
  res.json({});
});
