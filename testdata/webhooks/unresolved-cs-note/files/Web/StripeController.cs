using System.IO;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Mvc;
using Stripe;
using Other.Pay;

namespace Acme.Web;

[ApiController]
[Route("api/stripe")]
public class StripeController : ControllerBase
{
    private readonly Billing _billing;
    public StripeController(Billing billing) { _billing = billing; }

    [HttpPost("webhook")]
    public async Task<IActionResult> Hook()
    {
        var json = await new StreamReader(Request.Body).ReadToEndAsync();
        var stripeEvent = _billing.Load(json, Request.Headers["Stripe-Signature"]);
        if (stripeEvent.Type == "checkout.session.completed") { await MarkPaid(stripeEvent); }
        return Ok();
    }
}
