export default async function handler(req, res) {
  const event = req.body
  if (['invoice.paid', 'checkout.session.completed'].includes(event.type)) await pay(event)
  res.end()
}
