const stripe = require('stripe')(process.env.STRIPE_KEY);
exports.verifyStripe = (req, res, next) => {
  try { stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], process.env.WHSEC); next(); }
  catch (e) { res.status(400).send('bad'); }
};
