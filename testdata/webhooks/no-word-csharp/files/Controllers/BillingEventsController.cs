[ApiController]
[Route("billing/events")]
public class BillingEventsController : ControllerBase
{
    [HttpPost]
    public async Task<IActionResult> Post([FromBody] JsonElement body)
    {
        if (body.GetProperty("type").GetString() == "checkout.session.completed") await _orders.Fulfil(body);
        return Ok();
    }
}
