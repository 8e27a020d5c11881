const express = require('express');
const asyncHandler = require('express-async-handler');
const stripe = require('stripe')(process.env.STRIPE_KEY);
const app = express();
const verify = async (req, res, next) => {
  req.event = stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], process.env.WHSEC);
  next();
};
const handle = async (req, res) => {
  if (req.body.type === 'invoice.paid') await grant(req.body.data.object);
  res.end();
};
app.post('/webhook', asyncHandler(verify), asyncHandler(handle));
