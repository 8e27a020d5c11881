using Stripe;
public class HookController : Controller
{
    const string endpointSecret = "whsec_...";
    [HttpPost]
    public async Task<IActionResult> Index()
    {
        var json = await new StreamReader(HttpContext.Request.Body).ReadToEndAsync();
        try
        {
            var stripeEvent = EventUtility.ConstructEvent(json, Request.Headers["Stripe-Signature"], endpointSecret);
            if (stripeEvent.Type == "invoice.paid") { Extend(stripeEvent); }
            return Ok();
        }
        catch (StripeException e)
        {
            return BadRequest();
        }
    }
}
