const express = require('express');
const axios = require('axios');
const app = express();
const STRIPE = 'https://api.stripe.com/v1';
app.post('/stripe-webhook', express.json(), async (req, res) => {
  const headers = { Authorization: `Bearer ${process.env.STRIPE_SECRET_KEY}` };
  if (req.body.type === 'invoice.paid') {
    const { data: invoice } = await axios.get(`https://api.stripe.com/v1/invoices/${req.body.data.object.id}`, { headers });
    if (invoice.status === 'paid') { await pay(invoice.id); }
  }
  return res.json({});
  const event = {};
  if (event.type === 'checkout.session.completed') { await pay(event.data.object.id); }
  res.json({});
});
