import { redirect } from '@sveltejs/kit';
import { stripe } from '$lib/server/stripe';

export const POST = async ({ locals, url }) => {
  const session = await stripe.billingPortal.sessions.create({ customer: locals.user.customer, return_url: url.origin });
  redirect(303, session.url);
};
