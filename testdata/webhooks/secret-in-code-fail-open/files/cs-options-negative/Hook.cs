using Stripe;
public class HookController : Controller
{
    private readonly IConfiguration _config;
    [HttpPost]
    public async Task<IActionResult> Index()
    {
        var json = await new StreamReader(HttpContext.Request.Body).ReadToEndAsync();
        var stripeEvent = EventUtility.ConstructEvent(json, Request.Headers["Stripe-Signature"], _config["Stripe:WebhookSecret"]);
        if (stripeEvent.Type == Events.InvoicePaid) { Extend(stripeEvent); }
        return Ok();
    }
}
