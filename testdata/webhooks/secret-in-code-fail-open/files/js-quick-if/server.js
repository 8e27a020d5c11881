const stripe = require('stripe')(process.env.K);
const endpointSecret = '<YOUR ENDPOINT SECRET>';
app.post('/webhook', (request, response) => {
  let event = request.body;
  if (endpointSecret) {
    try {
      event = stripe.webhooks.constructEvent(request.body, request.headers['stripe-signature'], endpointSecret);
    } catch (err) {
      return response.sendStatus(400);
    }
  }
  if (event.type === 'payment_intent.succeeded') handlePaid(event.data.object);
  response.send();
});
