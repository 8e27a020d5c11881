export const key = process.env.REACT_APP_STRIPE_SECRET_KEY;
