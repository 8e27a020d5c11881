[ApiController]
public class ConfigController : ControllerBase {
  [HttpGet]
  public IActionResult Get() => Ok(new { key = _configuration["Stripe:SecretKey"] });
}
