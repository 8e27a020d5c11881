public class PayController : Controller {
  public IActionResult Index() {
    StripeConfiguration.ApiKey = _configuration["Stripe:SecretKey"];
    ViewBag.StripeKey = _configuration["Stripe:PublishableKey"];
    return View();
  }
}
