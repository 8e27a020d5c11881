using Stripe;
public class Hook : IHttpHandler
{
    public void ProcessRequest(HttpContext context)
    {
        var json = new StreamReader(context.Request.InputStream).ReadToEnd();
        dynamic e = JsonConvert.DeserializeObject(json);
        if ((string)e.type == "checkout.session.completed") Orders.Pay(e.data);
    }
}
