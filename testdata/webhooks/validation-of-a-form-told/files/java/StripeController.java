package com.acme;

import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.*;


@RestController

public class StripeController {
    @PostMapping("/stripe/webhook")
    public ResponseEntity<String> hook(@RequestBody Map<String, Object> payload) {
        validator.validate(payload);
        if ("checkout.session.completed".equals(payload.get("type"))) {
            markPaid((Map<String, Object>) payload.get("data"));
        }
        return ResponseEntity.ok("");
    }
}
