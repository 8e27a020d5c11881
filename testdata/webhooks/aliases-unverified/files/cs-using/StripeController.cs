using U = Stripe.EventUtility;
public class StripeController : ControllerBase {
  [HttpPost]
  public async Task<IActionResult> Index() {
    var json = await new StreamReader(HttpContext.Request.Body).ReadToEndAsync();
    var e = U.ParseEvent(json);
    await Pay(e);
    return Ok();
  }
}
