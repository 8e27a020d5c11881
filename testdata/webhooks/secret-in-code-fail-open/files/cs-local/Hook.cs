using Stripe;
public class HookController : Controller
{
    [HttpPost]
    public async Task<IActionResult> Index()
    {
        var json = await new StreamReader(HttpContext.Request.Body).ReadToEndAsync();
        const string endpointSecret = "whsec_your_secret";
        var stripeEvent = EventUtility.ConstructEvent(json, Request.Headers["Stripe-Signature"], endpointSecret);
        if (stripeEvent.Type == Events.InvoicePaid) { Extend(stripeEvent); }
        return Ok();
    }
}
