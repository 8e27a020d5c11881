const handlers = new Map<string, Handler>([['invoice.paid', paid], ['charge.refunded', refunded]])
export async function POST(req: Request) {
  const event = await req.json()
  await handlers.get(event.type)?.(event.data.object)
  return new Response('ok')
}
