using Utility = Stripe.EventUtility;
public class StripeController : ControllerBase {
  [HttpPost]
  public async Task<IActionResult> Index() {
    var json = await new StreamReader(HttpContext.Request.Body).ReadToEndAsync();
    try {
    var e = Utility.ConstructEvent(json, Request.Headers["Stripe-Signature"], secret);
    if (e.Type == "invoice.paid") await Pay(e);
    } catch (StripeException) { return BadRequest(); }
    return Ok();
  }
}
