using Stripe;
public class SignatureMiddleware
{
    private readonly RequestDelegate _next;
    public SignatureMiddleware(RequestDelegate next) { _next = next; }
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Path.StartsWithSegments("/stripe"))
        {
            var json = await new StreamReader(context.Request.Body).ReadToEndAsync();
            try { EventUtility.ConstructEvent(json, context.Request.Headers["Stripe-Signature"], Secret); }
            catch (StripeException) { context.Response.StatusCode = 400; return; }
        }
        await _next(context);
    }
}
