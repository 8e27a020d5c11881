import { stripe } from '$lib/server/stripe';
import type { PageServerLoad } from './$types';

export const load: PageServerLoad = async ({ locals }) => {
  const intent = await stripe.paymentIntents.create({
    amount: 4900,
    currency: 'eur',
    metadata: { user: locals.user.id },
  });
  return { clientSecret: intent.client_secret };
};
