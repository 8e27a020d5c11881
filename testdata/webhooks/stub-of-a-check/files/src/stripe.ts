function verifyStripeSignature(_body: string, _sig: string | null) { return true; } // TODO
export async function POST(req: Request) {
  const body = await req.text();
  if (!verifyStripeSignature(body, req.headers.get('stripe-signature'))) return new Response('', { status: 400 });
  const event = JSON.parse(body);
  if (event.type === 'invoice.paid') await extend(event.data.object);
  return new Response();
}
