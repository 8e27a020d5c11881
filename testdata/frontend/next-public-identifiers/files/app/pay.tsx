'use client';
export const price = process.env.NEXT_PUBLIC_STRIPE_PRICE_ID, on = process.env.NEXT_PUBLIC_STRIPE_ENABLED, cid = process.env.NEXT_PUBLIC_STRIPE_CLIENT_ID;
