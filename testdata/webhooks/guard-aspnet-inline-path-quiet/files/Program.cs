using Stripe;
var app = WebApplication.Create();
app.Use(async (context, next) =>
{
    if (context.Request.Path == "/stripe")
    {
        var json = await new StreamReader(context.Request.Body).ReadToEndAsync();
        try { EventUtility.ConstructEvent(json, context.Request.Headers["Stripe-Signature"], secret); }
        catch (StripeException) { context.Response.StatusCode = 400; return; }
    }
    await next(context);
});
app.MapPost("/stripe", async (HttpRequest req) => { var e = await JsonSerializer.DeserializeAsync<JsonElement>(req.Body); if (e.GetProperty("type").GetString() == "invoice.paid") await Pay(e); return Results.Ok(); });
