export const key = process.env.VITE_STRIPE_SECRET_KEY;
