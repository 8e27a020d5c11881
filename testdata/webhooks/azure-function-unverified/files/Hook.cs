public static class Hook {
  [FunctionName("StripeWebhook")]
  public static async Task<IActionResult> Run([HttpTrigger(AuthorizationLevel.Anonymous, "post")] HttpRequest req) {
    string body = await new StreamReader(req.Body).ReadToEndAsync();
    dynamic data = JsonConvert.DeserializeObject(body);
    if (data.type == "checkout.session.completed") { await Ship(data); }
    return new OkResult();
  }
}
