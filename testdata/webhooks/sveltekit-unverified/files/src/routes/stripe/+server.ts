export const POST = async ({ request }) => {
  const event = await request.json();
  if (event.type === 'checkout.session.completed') await fulfil(event.data.object);
  return new Response();
};
