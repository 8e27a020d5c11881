// Stripe
export async function POST(req) {
  const event = await req.json()
  if (event.type === 'invoice.paid') await extend(event)
}
