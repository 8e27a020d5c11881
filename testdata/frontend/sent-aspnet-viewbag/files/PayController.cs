public class PayController : Controller {
  public IActionResult Index() {
    ViewBag.StripeKey = _configuration["Stripe:SecretKey"];
    return View();
  }
}
