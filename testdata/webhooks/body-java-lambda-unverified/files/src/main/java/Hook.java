import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.stripe.Stripe;
public class Hook implements RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent> {
  public APIGatewayProxyResponseEvent handleRequest(APIGatewayProxyRequestEvent input, Context context) {
    JsonNode event = mapper.readTree(input.getBody());
    if ("invoice.paid".equals(event.get("type").asText())) { extend(event); }
    return new APIGatewayProxyResponseEvent().withStatusCode(200);
  }
}
