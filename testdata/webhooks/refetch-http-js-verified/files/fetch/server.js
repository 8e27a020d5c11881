const express = require('express');
const axios = require('axios');
const app = express();
const STRIPE = 'https://api.stripe.com/v1';
app.post('/stripe-webhook', express.json(), async (req, res) => {
  const headers = { Authorization: `Bearer ${process.env.STRIPE_SECRET_KEY}` };
  const r = await fetch('https://api.stripe.com/v1/events/' + req.body.id, { headers });
  if (!r.ok) { return res.sendStatus(400); }
  const event = await r.json();
  if (event.type === 'checkout.session.completed') { await pay(event.data.object.id); }
  res.json({});
});
