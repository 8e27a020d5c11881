import { onEvent } from '../billing/gateway';
export async function POST(req: Request) {
  const event = await onEvent(req);
  if (event.type === 'invoice.paid') await audit(JSON.parse(body));
}
