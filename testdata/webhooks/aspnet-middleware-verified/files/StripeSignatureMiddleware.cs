namespace Shop;
using Stripe;
public class StripeSignatureMiddleware {
    private readonly RequestDelegate _next;
    public StripeSignatureMiddleware(RequestDelegate next) { _next = next; }
    public async Task InvokeAsync(HttpContext context) {
        var json = await new StreamReader(context.Request.Body).ReadToEndAsync();
        try { EventUtility.ConstructEvent(json, context.Request.Headers["Stripe-Signature"], "secret"); }
        catch (StripeException) { context.Response.StatusCode = 400; return; }
        await _next(context);
    }
}
