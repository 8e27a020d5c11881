import Stripe from 'stripe';
export const stripe = new Stripe(process.env.VITE_STRIPE_SECRET_KEY!);
