import { PUBLIC_STRIPE_SECRET_KEY } from '$env/static/public';
export const stripe = new Stripe(PUBLIC_STRIPE_SECRET_KEY);
