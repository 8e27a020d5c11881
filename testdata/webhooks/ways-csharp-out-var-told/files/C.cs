using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Mvc;
using Newtonsoft.Json.Linq;
using Stripe;

public class StripeController : ControllerBase
{
    [HttpPost("webhook")]
    public async Task<IActionResult> Hook()
    {
        var json = await new StreamReader(Request.Body).ReadToEndAsync();
        using var doc = JsonDocument.Parse(json);
        if (!doc.RootElement.TryGetProperty("type", out var t)) return BadRequest();
        if (t.GetString() == "checkout.session.completed") { await MarkPaid(json); }
        return Ok();
    }
}
