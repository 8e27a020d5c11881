export const check = (b, s) => stripe.webhooks.constructEvent(b, s, secret);
