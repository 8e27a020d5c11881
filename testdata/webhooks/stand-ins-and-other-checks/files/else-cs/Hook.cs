using Stripe;
public class HookController : Controller
{
    [HttpPost]
    public async Task<IActionResult> Index()
    {
        var json = await new StreamReader(HttpContext.Request.Body).ReadToEndAsync();
        Event stripeEvent;
        if (!string.IsNullOrEmpty(_options.WebhookSecret))
            stripeEvent = EventUtility.ConstructEvent(json, Request.Headers["Stripe-Signature"], _options.WebhookSecret);
        else
            stripeEvent = JsonConvert.DeserializeObject<Event>(json);
        await _mediator.Publish(stripeEvent);
        return Ok();
    }
}
