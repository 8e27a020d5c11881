const stripe = require('stripe')(process.env.STRIPE_SECRET_KEY);
function verified(req) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('end', () => {
      try {
        resolve(stripe.webhooks.constructEvent(Buffer.concat(chunks), req.headers['stripe-signature'], process.env.WHSEC));
      } catch (err) {
        reject(err);
      }
    });
  });
}
module.exports = async (req, res) => {
  const event = await verified(req);
  if (event.type === 'payment_intent.succeeded') { await ship(event.data.object); }
  res.end();
};
