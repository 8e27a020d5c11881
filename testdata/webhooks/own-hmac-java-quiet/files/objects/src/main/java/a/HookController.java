package a;
import java.util.*; import javax.crypto.Mac; import javax.crypto.spec.SecretKeySpec; import java.security.MessageDigest;
import org.springframework.web.bind.annotation.*; import org.springframework.http.ResponseEntity; import com.fasterxml.jackson.databind.*;
@RestController
public class HookController {
  private boolean genuine(String payload, String header) throws Exception {
    List<String> parts = Arrays.asList(header.split(","));
    String t = parts.get(0).substring(2);
    List<String> sigs = parts.subList(1, parts.size());
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(System.getenv("STRIPE_WEBHOOK_SECRET").getBytes(), "HmacSHA256"));
    String expected = HexFormat.of().formatHex(mac.doFinal((t + "." + payload).getBytes()));
    return Objects.equals(expected, sigs.get(0));
  }
  @PostMapping("/stripe/webhook")
  public ResponseEntity<String> hook(@RequestBody String payload, @RequestHeader("Stripe-Signature") String header) throws Exception {
    if (!genuine(payload, header)) { return ResponseEntity.status(400).body("bad"); }
    JsonNode event = new ObjectMapper().readTree(payload);
    if ("invoice.paid".equals(event.get("type").asText())) { pay(event); }
    return ResponseEntity.ok("ok");
  }
}
