// Stripe
import com.sun.net.httpserver.HttpExchange;
public class Exchange {
  void handle(HttpExchange exchange) throws IOException {
    String text = new String(exchange.getRequestBody().readAllBytes());
    JsonObject event = JsonParser.parseString(text).getAsJsonObject();
    if (event.get("type").getAsString().equals("invoice.paid")) { extend(event); }
  }
}
