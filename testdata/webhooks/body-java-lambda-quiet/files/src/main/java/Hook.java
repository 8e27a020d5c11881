import com.stripe.net.Webhook;
public class Hook implements RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent> {
  public APIGatewayProxyResponseEvent handleRequest(APIGatewayProxyRequestEvent input, Context context) {
    Event event;
    try { event = Webhook.constructEvent(input.getBody(), input.getHeaders().get("Stripe-Signature"), System.getenv("WHSEC")); }
    catch (SignatureVerificationException e) { return new APIGatewayProxyResponseEvent().withStatusCode(400); }
    if ("invoice.paid".equals(event.getType())) { extend(event); }
    return new APIGatewayProxyResponseEvent().withStatusCode(200);
  }
}
