using Stripe;
[ApiController]
public class HookController : ControllerBase {
  [HttpPost]
  public async Task<IActionResult> Index() {
    var json = await new StreamReader(HttpContext.Request.Body).ReadToEndAsync();
    var e = EventUtility.ConstructEvent(json, Request.Headers["Stripe-Signature"], _secret, throwOnApiVersionMismatch: false);
    if (e.Type == "invoice.paid") { Pay(e); }
    return Ok();
  }
}
