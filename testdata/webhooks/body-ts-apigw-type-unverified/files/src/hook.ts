import { APIGatewayProxyEventV2 } from 'aws-lambda';
import Stripe from 'stripe';
export async function stripeHook(input: APIGatewayProxyEventV2) {
  const parsed = JSON.parse(input.body ?? '{}');
  if (parsed.type === 'customer.subscription.deleted') await cancel(parsed.data.object);
  return { statusCode: 200 };
}
