const http = require('http');
const stripe = require('stripe')(process.env.STRIPE_SECRET_KEY);
function wholeBody(req) {
  return new Promise((resolve, reject) => {
    let data = '';
    req.setEncoding('utf8');
    req.on('data', (chunk) => { data += chunk; });
    req.on('end', () => resolve(data));
    req.on('error', reject);
  });
}
http.createServer(async (req, res) => {
  const body = await wholeBody(req);
  const event = stripe.webhooks.constructEvent(body, req.headers['stripe-signature'], process.env.WHSEC);
  if (event.type === 'payment_intent.succeeded') { await ship(event.data.object); }
  res.end();
}).listen(3000);
