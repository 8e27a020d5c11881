using Stripe;
public class MvcController : Controller
{
    [HttpPost]
    public ActionResult Index()
    {
        Request.InputStream.Position = 0;
        var text = new StreamReader(Request.InputStream).ReadToEnd();
        var e = JObject.Parse(text);
        if (e["type"].ToString() == "invoice.paid") Pay(e);
        return new HttpStatusCodeResult(200);
    }
}
