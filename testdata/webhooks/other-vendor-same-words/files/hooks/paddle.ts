export async function POST(req: Request) {
  const event = await req.json()
  if (event.event_type === 'subscription.created') await grant(event.data)
  return new Response()
}
