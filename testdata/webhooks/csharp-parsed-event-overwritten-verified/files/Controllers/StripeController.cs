public class StripeController : Controller
{
    [HttpPost]
    public async Task<IActionResult> WebhookHandler()
    {
        using var reader = new StreamReader(HttpContext.Request.Body);
        var json = await reader.ReadToEndAsync();
        try
        {
            var signatureHeader = Request.Headers["Stripe-Signature"];
            var stripeEvent = EventUtility.ParseEvent(json, false);
            stripeEvent = EventUtility.ConstructEvent(json, signatureHeader, endpointSecret, throwOnApiVersionMismatch: false);
            if (stripeEvent.Type == EventTypes.PaymentIntentSucceeded) { await Pay(stripeEvent); }
            return Ok();
        }
        catch (StripeException ex) { Logger.Error(ex); return BadRequest(); }
        catch (Exception ex) { Logger.Error(ex); return StatusCode(500); }
    }
}
