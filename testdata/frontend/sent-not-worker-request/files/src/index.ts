export default { async fetch(request, env) {
  const r = await fetch('https://api.stripe.com/v1/balance', { headers: { Authorization: `Bearer ${env.STRIPE_SECRET_KEY}` } })
  return new Response(await r.text())
} }
