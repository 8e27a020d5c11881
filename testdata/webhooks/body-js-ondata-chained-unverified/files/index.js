const stripe = require('stripe')(process.env.STRIPE_SECRET_KEY);
require('http').createServer((request, response) => {
  let body = [];
  request.on('error', (err) => console.error(err)).on('data', (chunk) => {
    body.push(chunk);
  }).on('end', () => {
    body = Buffer.concat(body).toString();
    const event = JSON.parse(body);
    if (event.type === 'invoice.paid') markPaid(event.data.object);
    response.end();
  });
}).listen(8080);
