import { createClient } from 'npm:@supabase/supabase-js';
Deno.serve(async (req) => {
  const event = await req.json();
  if (event.type === 'checkout.session.completed') { await admin.from('users').update({ pro: true }).eq('id', event.data.object.client_reference_id); }
  return new Response('ok');
});
