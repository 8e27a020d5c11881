const stripe = require('stripe')(process.env.K);
const endpointSecret = 'whsec_your_endpoint_secret';
app.post('/webhook', express.raw({type: 'application/json'}), (request, response) => {
  let event = request.body;
  const signature = request.headers['stripe-signature'];
  try {
    event = stripe.webhooks.constructEvent(request.body, signature, endpointSecret);
  } catch (err) {
    return response.sendStatus(400);
  }
  switch (event.type) { case 'payment_intent.succeeded': handlePaid(event.data.object); break; }
  response.send();
});
