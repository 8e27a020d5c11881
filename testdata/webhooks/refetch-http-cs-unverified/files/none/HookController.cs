using System.Net.Http; using System.Text.Json; using Microsoft.AspNetCore.Mvc;
public class StripeHookController : ControllerBase {
  [HttpPost("/stripe/webhook")]
  public async Task<IActionResult> Hook() {
    var payload = await new StreamReader(Request.Body).ReadToEndAsync();
    var body = JsonDocument.Parse(payload).RootElement;
    var e = body;
    if (e.GetProperty("type").GetString() == "invoice.paid") { Pay(e); }
    return Ok();
  }
}
