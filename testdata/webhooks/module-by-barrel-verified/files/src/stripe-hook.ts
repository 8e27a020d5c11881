import { readEvent } from './lib';
export async function POST(req: Request) {
  const event = await readEvent(await req.text());
  if (event.type === 'invoice.paid') await extend(JSON.parse(body));
}
