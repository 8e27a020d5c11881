[Route("stripe")]
public class StripeController : Controller
{
    [HttpPost]
    public IActionResult Index([FromBody] JsonElement e)
    {
        if (e.GetProperty("type").GetString() == "invoice.paid") Extend(e);
        return Ok();
    }
}
