const http = require('http');
const Stripe = require('stripe');
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
  const event = JSON.parse(await wholeBody(req));
  if (event.type === 'payment_intent.succeeded') { await ship(event.data.object); }
  res.end();
}).listen(3000);
