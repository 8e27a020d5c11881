public class StripeController : ControllerBase {
  [HttpPost]
  public async Task<IActionResult> Index() {
    var json = await new StreamReader(HttpContext.Request.Body).ReadToEndAsync();
    var type = JsonDocument.Parse(json).RootElement.GetProperty("type").GetString();
    if (type is "invoice.paid" or "charge.refunded") await Pay(json);
    return Ok();
  }
}
