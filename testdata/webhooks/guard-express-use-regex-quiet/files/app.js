const stripe = require('stripe')(process.env.STRIPE_SECRET_KEY);
const app = require('express')();
const isHook = (req) => /^\/hooks\//.test(req.path);
app.use((req, res, next) => {
  if (isHook(req)) {
    try {
      stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], process.env.WHSEC);
    } catch (err) {
      return res.sendStatus(400);
    }
  }
  return next();
});
app.post('/hooks/stripe', async (req, res) => {
  if (req.body.type === 'invoice.paid') await extend(req.body.data.object);
  res.end();
});
