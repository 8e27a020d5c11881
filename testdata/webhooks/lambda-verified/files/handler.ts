export const handler = async (event: APIGatewayProxyEvent) => {
  const stripeEvent = stripe.webhooks.constructEvent(event.body!, event.headers['Stripe-Signature']!, process.env.STRIPE_WEBHOOK_SECRET!);
  if (stripeEvent.type === 'invoice.paid') await extend(stripeEvent.data.object);
  return { statusCode: 200, body: '' };
};
