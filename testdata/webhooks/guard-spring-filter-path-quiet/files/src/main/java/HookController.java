@RestController
public class HookController {
  @PostMapping("/webhooks/stripe")
  public ResponseEntity<String> hook(@RequestBody Map<String, Object> event) {
    if ("invoice.paid".equals(event.get("type"))) { extend(event); }
    return ResponseEntity.ok("");
  }
}
