using System.Security.Cryptography; using System.Text; using System.Text.Json; using Microsoft.AspNetCore.Mvc;
[ApiController]
public class HookController : ControllerBase {
  private bool Genuine(string payload, string header) {
    var parts = header.Split(',');
    var t = parts[0].Substring(2);
    var sigs = parts.Skip(1).ToList();
    using var hmac = new HMACSHA256(Encoding.UTF8.GetBytes(Environment.GetEnvironmentVariable("STRIPE_WEBHOOK_SECRET")));
    var expected = Convert.ToHexString(hmac.ComputeHash(Encoding.UTF8.GetBytes(t + "." + payload))).ToLower();
    return sigs.Any(s => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(s), Encoding.UTF8.GetBytes(expected)));
  }
  [HttpPost("/stripe/webhook")]
  public async Task<IActionResult> Hook() {
    var payload = await new StreamReader(Request.Body).ReadToEndAsync();
    if (!Genuine(payload, Request.Headers["Stripe-Signature"])) { return BadRequest(); }
    var e = JsonDocument.Parse(payload).RootElement;
    if (e.GetProperty("type").GetString() == "invoice.paid") { Pay(e); }
    return Ok();
  }
}
