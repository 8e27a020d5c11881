export async function readStripeEvent(req: Request) { return stripe.webhooks.constructEvent(await req.clone().text(), req.headers.get('stripe-signature')!, secret); }
