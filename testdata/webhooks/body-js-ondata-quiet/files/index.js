const stripe = require('stripe')(process.env.STRIPE_SECRET_KEY);
require('http').createServer((request, response) => {
  let body = [];
  request.on('data', (chunk) => {
    body.push(chunk);
  }).on('end', () => {
    body = Buffer.concat(body).toString();
    let event;
    try {
      event = stripe.webhooks.constructEvent(body, request.headers['stripe-signature'], process.env.STRIPE_WEBHOOK_SECRET);
    } catch (e) { response.statusCode = 400; return response.end(); }
    if (event.type === 'invoice.paid') markPaid(event.data.object);
    response.end();
  });
}).listen(8080);
