public partial class StripeController : ControllerBase
{
    [HttpPost("hook")]
    public async Task<IActionResult> Hook()
    {
        var body = await new StreamReader(Request.Body).ReadToEndAsync();
        var stripeEvent = verify_event(body, Request.Headers["Stripe-Signature"]);
        if (stripeEvent.Type == "invoice.paid")
        {
            await orders.Pay(stripeEvent);
        }
        return Ok();
    }
}
