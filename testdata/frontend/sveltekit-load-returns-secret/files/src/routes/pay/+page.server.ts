import { STRIPE_SECRET_KEY } from '$env/static/private';
export const load = () => ({ stripeKey: STRIPE_SECRET_KEY });
