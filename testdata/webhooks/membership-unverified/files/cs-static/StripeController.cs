public class StripeController : ControllerBase {
  private static readonly HashSet<string> Paid = new() { "invoice.paid", "charge.refunded" };
  [HttpPost]
  public async Task<IActionResult> Index() {
    var json = await new StreamReader(HttpContext.Request.Body).ReadToEndAsync();
    var doc = JsonDocument.Parse(json);
    var type = doc.RootElement.GetProperty("type").GetString();
    if (Paid.Contains(type)) await Pay(doc);
    return Ok();
  }
}
