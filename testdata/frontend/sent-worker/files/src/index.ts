export default { async fetch(request, env) {
  if (new URL(request.url).pathname === '/config') return new Response(JSON.stringify({ key: env.STRIPE_SECRET_KEY }))
  return new Response('x')
} }
