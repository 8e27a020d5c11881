import type Stripe from 'stripe';
import { env } from '$env/dynamic/private';
import { stripe } from '$lib/server/stripe';
import { enrol } from '$lib/server/courses';

export const POST = async ({ request }) => {
  const body = await request.text();
  let event: Stripe.Event;
  if (env.STRIPE_WEBHOOK_SECRET) {
    event = stripe.webhooks.constructEvent(body, request.headers.get('stripe-signature')!, env.STRIPE_WEBHOOK_SECRET);
  } else {
    event = JSON.parse(body);
  }
  if (event.type === 'checkout.session.completed') await enrol(event.data.object);
  return new Response(null, { status: 204 });
};
