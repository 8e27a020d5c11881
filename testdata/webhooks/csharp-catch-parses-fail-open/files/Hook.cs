public class HookController : ControllerBase {
  [HttpPost] public async Task<IActionResult> Post() {
    var json = await new StreamReader(Request.Body).ReadToEndAsync();
    Event e;
    try { e = EventUtility.ConstructEvent(json, Request.Headers["Stripe-Signature"], _secret); }
    catch (StripeException ex) { _log.LogWarning(ex, "bad"); e = EventUtility.ParseEvent(json); }
    if (e.Type == "invoice.paid") { Pay(e); }
    return Ok();
  }
}
