const express = require('express');
const axios = require('axios');
const app = express();
const STRIPE = 'https://api.stripe.com/v1';
app.post('/stripe-webhook', express.json(), async (req, res) => {
  const headers = { Authorization: `Bearer ${process.env.STRIPE_SECRET_KEY}` };
  const { data: event } = await axios.get(`https://api.stripe.com/v1/events/${req.body.id}`, { headers });
  if (event.type === 'checkout.session.completed') { await pay(event.data.object.id); }
  res.json({});
});
