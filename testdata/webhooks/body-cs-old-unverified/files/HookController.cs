using Stripe;
using System.Web.Http;
public class HookController : ApiController
{
    [HttpPost]
    public IHttpActionResult Receive(JObject payload)
    {
        switch ((string)payload["type"])
        {
            case "invoice.paid": Extend(payload["data"]); break;
        }
        return Ok();
    }
}
