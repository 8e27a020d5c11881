public class StripeWebhookController : Controller
{
    [HttpPost]
    public async Task<IActionResult> Index([FromBody] JObject payload)
    {
        await _bus.Publish(payload["data"]["object"]);
        return Ok();
    }
}
