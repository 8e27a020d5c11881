export async function POST(req: Request) {
  const body = await req.text()
  const parsed = JSON.parse(body)
  await db.log.create({ type: parsed.type, data: parsed.data })
  const event = stripe.webhooks.constructEvent(body, req.headers.get('stripe-signature'), process.env.STRIPE_WEBHOOK_SECRET)
  await handle(event)
  return Response.json({ received: true })
}
