import { accept } from './shared'

export async function handle(req, res) {
  const event = accept(req)
  if (event.type === 'invoice.paid') {
    await extend(event.data.object)
  }
  res.end()
}
