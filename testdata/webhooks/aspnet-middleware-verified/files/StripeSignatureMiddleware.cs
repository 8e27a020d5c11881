namespace Shop;
using Stripe;
public class StripeSignatureMiddleware {
    private readonly RequestDelegate _next;
    private readonly string _secret;
    public StripeSignatureMiddleware(RequestDelegate next, IConfiguration settings) { _next = next; _secret = settings["Stripe:WebhookSecret"]; }
    public async Task InvokeAsync(HttpContext context) {
        var json = await new StreamReader(context.Request.Body).ReadToEndAsync();
        try { EventUtility.ConstructEvent(json, context.Request.Headers["Stripe-Signature"], _secret); }
        catch (StripeException) { context.Response.StatusCode = 400; return; }
        await _next(context);
    }
}
