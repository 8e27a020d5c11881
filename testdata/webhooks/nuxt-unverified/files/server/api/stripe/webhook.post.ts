export default defineEventHandler(async (event) => {
  const body = await readBody(event);
  if (body.type === 'invoice.paid') await extend(body.data.object);
  return 'ok';
});
