const express = require('express');
const axios = require('axios');
const app = express();
const STRIPE = 'https://api.stripe.com/v1';
app.post('/stripe-webhook', express.json(), async (req, res) => {
  const headers = { Authorization: `Bearer ${process.env.STRIPE_SECRET_KEY}` };
  const url = `https://api.stripe.com/v1/events/${encodeURIComponent(req.body.id)}`;
  const response = await axios({ url, headers });
  const event = response.data;
  if (event.type === 'checkout.session.completed') { await pay(event.data.object.id); }
  res.json({});
});
