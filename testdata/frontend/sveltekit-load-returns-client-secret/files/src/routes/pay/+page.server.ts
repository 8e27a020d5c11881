import { STRIPE_SECRET_KEY } from '$env/static/private';
import Stripe from 'stripe';
const stripe = new Stripe(STRIPE_SECRET_KEY);
export const load = async () => ({ clientSecret: (await stripe.paymentIntents.create({ amount: 1, currency: 'eur' })).client_secret });
