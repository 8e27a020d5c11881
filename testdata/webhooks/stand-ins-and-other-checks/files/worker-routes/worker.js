async function webhook(request, env) {
  const event = await stripe.webhooks.constructEventAsync(await request.text(), request.headers.get('stripe-signature'), env.STRIPE_WEBHOOK_SECRET);
  if (event.type === 'invoice.paid') await extend(event);
  return new Response('ok');
}
export default {
  async fetch(request, env) {
    const debug = env.DEBUG === 'true';
    if (debug) console.log(request.url);
    const url = new URL(request.url);
    if (url.pathname === '/hook') return webhook(request, env);
    if (url.pathname === '/echo') return Response.json(await request.json());
    return new Response('none', { status: 404 });
  }
};
