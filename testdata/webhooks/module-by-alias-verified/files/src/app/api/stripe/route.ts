import { readStripeEvent } from '@/lib/billing';
export async function POST(req: Request) {
  const event = await readStripeEvent(req);
  if (event.type === 'invoice.paid') await audit(JSON.stringify(await req.json()));
  return new Response();
}
