public class HookController : ControllerBase
{
    [HttpPost("webhook")]
    public async Task<IActionResult> Hook()
    {
        var json = await new StreamReader(Request.Body).ReadToEndAsync();
        var stripeEvent = EventUtility.ParseEvent(json);
        if (stripeEvent == null) return BadRequest();
        stripeEvent = EventUtility.ConstructEvent(json, Request.Headers["Stripe-Signature"], _secret);
        if (stripeEvent.Type == "checkout.session.completed") { MarkPaid(stripeEvent); }
        return Ok();
    }
}
