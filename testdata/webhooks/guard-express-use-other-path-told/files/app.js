const stripe = require('stripe')(process.env.STRIPE_SECRET_KEY);
const app = require('express')();
app.use((req, res, next) => {
  if (req.path === '/connect') {
    try {
      stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], process.env.WHSEC);
    } catch (err) {
      return res.sendStatus(400);
    }
  }
  next();
});
app.post('/billing', async (req, res) => {
  if (req.body.type === 'invoice.paid') await extend(req.body.data.object);
  res.end();
});
