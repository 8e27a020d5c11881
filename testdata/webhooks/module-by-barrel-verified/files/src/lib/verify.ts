export const readEvent = (b: string, s: string) => stripe.webhooks.constructEvent(b, s, secret);
