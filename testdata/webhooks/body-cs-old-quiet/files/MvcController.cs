using Stripe;
public class MvcController : Controller
{
    [HttpPost]
    public ActionResult Index()
    {
        var text = new StreamReader(Request.InputStream).ReadToEnd();
        Event e;
        try { e = EventUtility.ConstructEvent(text, Request.Headers["Stripe-Signature"], Secret); }
        catch (StripeException) { return new HttpStatusCodeResult(400); }
        if (e.Type == "invoice.paid") Pay(e);
        return new HttpStatusCodeResult(200);
    }
}
