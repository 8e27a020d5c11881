package shop.hooks;

import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.*;

@RestController
@RequestMapping("/stripe/webhook")
class HookController {
    private final HookService service;

    HookController(HookService service) {
        this.service = service;
    }

    @PostMapping
    ResponseEntity<Void> receive(@RequestBody String body, @RequestHeader("Stripe-Signature") String header) {
        boolean accepted = service.accept(body, header);
        return accepted ? ResponseEntity.ok().build() : ResponseEntity.status(400).build();
    }
}
