import { fulfil } from '../../../lib/fulfil'
export async function POST(req: Request) {
  // stripe
  const event = await req.json()
  await fulfil(event.type, event.data.object)
  return new Response('ok')
}
