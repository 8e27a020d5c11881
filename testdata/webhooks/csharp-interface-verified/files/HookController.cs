public class HookController : ControllerBase {
  private readonly IStripeEvents _events;
  public HookController(IStripeEvents events) { _events = events; }
  [HttpPost] public async Task<IActionResult> Post() {
    var json = await new StreamReader(Request.Body).ReadToEndAsync();
    var e = _events.Read(json, Request.Headers["Stripe-Signature"]);
    if (e.Type == "invoice.paid") { Pay(e); }
    return Ok();
  }
}
