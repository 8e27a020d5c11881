export const auth = betterAuth({ plugins: [stripe({
  stripeClient, stripeWebhookSecret: process.env.STRIPE_WEBHOOK_SECRET!,
  onEvent: async (event) => { switch (event.type) { case 'invoice.paid': await extend(event.data.object); } },
})] });
