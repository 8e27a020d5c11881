export async function POST(req: Request) {
  const e = await req.json();
  switch (e.type) { case 'user.created': await add(e.data); break; case 'user.deleted': await del(e.data); }
  return new Response();
}
