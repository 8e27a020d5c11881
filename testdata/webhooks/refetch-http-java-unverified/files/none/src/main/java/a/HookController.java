package a;
import org.springframework.web.bind.annotation.*; import org.springframework.http.ResponseEntity; import com.fasterxml.jackson.databind.*;
@RestController
public class StripeHookController {
  @PostMapping("/stripe/webhook")
  public ResponseEntity<String> hook(@RequestBody String payload) throws Exception {
    JsonNode body = new ObjectMapper().readTree(payload);
    JsonNode event = body;
    if ("invoice.paid".equals(event.get("type").asText())) { pay(event); }
    return ResponseEntity.ok("ok");
  }
}
