[ApiController]
[Route("stripe")]
public class HookController : ControllerBase {
  [HttpPost("webhook")]
  public async Task<IActionResult> Post() {
    var json = await new StreamReader(Request.Body).ReadToEndAsync();
    var evt = (JObject)JsonConvert.DeserializeObject(json);
    if ((string)evt["type"] == "invoice.paid") { await Pay(evt); }
    return Ok();
  }
}
