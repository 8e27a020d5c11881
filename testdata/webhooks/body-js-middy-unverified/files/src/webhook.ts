import middy from '@middy/core';
import Stripe from 'stripe';
export const handler = middy(async (input) => {
  const { type, data } = JSON.parse(input.body);
  if (type === 'checkout.session.completed') await fulfil(data.object);
  return { statusCode: 200 };
});
