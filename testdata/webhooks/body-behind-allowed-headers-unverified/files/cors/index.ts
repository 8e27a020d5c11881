import { serve } from "https://deno.land/std/http/server.ts";
import { createClient } from "https://esm.sh/@supabase/supabase-js@2";

const corsHeaders = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Headers": "authorization, content-type, stripe-signature",
};

serve(async (req) => {
  if (req.method === "OPTIONS") {
    return new Response(null, { headers: corsHeaders });
  }
  const supabase = createClient(Deno.env.get("SUPABASE_URL")!, Deno.env.get("SUPABASE_KEY")!);
  const { type, data } = await req.json();
  if (type === "checkout.session.completed") {
    await supabase.from("orders").update({ paid: true }).eq("id", data.object.id);
  }
  return new Response(JSON.stringify({ received: type }), { headers: { ...corsHeaders } });
});
