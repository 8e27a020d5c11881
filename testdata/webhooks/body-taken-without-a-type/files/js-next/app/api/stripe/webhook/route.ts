export async function POST(req: Request) {
  const { type, data } = await req.json()
  await db.stripeEvents.insert({ type, object: data.object })
  return Response.json({ received: true })
}
