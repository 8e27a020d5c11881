import { tell } from '../services/hooks'

export async function action({ request, context }) {
  const input = await request.json()
  const customer = await context.db.insert(input)
  await tell(context.env, input.shop, 'customer.created', { customer: customer.id, email: input.email })
  return Response.json({ ok: true })
}
