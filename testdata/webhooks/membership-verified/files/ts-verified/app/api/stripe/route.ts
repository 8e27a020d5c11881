const handlers: Record<string, Handler> = { 'invoice.paid': paid, 'charge.refunded': refunded }
export async function POST(req: Request) {
  const event = stripe.webhooks.constructEvent(await req.text(), req.headers.get('stripe-signature'), process.env.STRIPE_WEBHOOK_SECRET)
  await handlers[event.type]?.(event.data.object)
  return new Response('ok')
}
