package shop;
import com.google.gson.*;
import org.springframework.web.bind.annotation.*;
@RestController
public class HookController {
  @PostMapping("/stripe/webhook")
  public String hook(@RequestBody String payload) {
    JsonObject event = JsonParser.parseString(payload).getAsJsonObject();
    if (event.get("type").getAsString().equals("invoice.paid")) { grant(event); }
    return "ok";
  }
}
