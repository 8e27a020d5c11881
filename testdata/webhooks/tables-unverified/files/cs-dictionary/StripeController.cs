public class StripeController : ControllerBase {
  private readonly Dictionary<string, Func<JsonElement, Task>> handlers = new() { ["invoice.paid"] = Paid, ["charge.refunded"] = Refunded };
  [HttpPost]
  public async Task<IActionResult> Index([FromBody] JsonElement body) {
    if (handlers.TryGetValue(body.GetProperty("type").GetString(), out var run)) await run(body);
    return Ok();
  }
}
