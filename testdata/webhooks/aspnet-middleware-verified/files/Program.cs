using Shop;
var builder = WebApplication.CreateBuilder(args);
var app = builder.Build();
app.UseMiddleware<StripeSignatureMiddleware>();
app.MapPost("/stripe/webhook", async (HttpRequest request) => {
    var json = await new StreamReader(request.Body).ReadToEndAsync();
    var e = JsonDocument.Parse(json).RootElement;
    if (e.GetProperty("type").GetString() == "invoice.paid") { Grant(e); }
    return Results.Ok();
});
app.Run();
