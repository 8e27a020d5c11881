package com.acme.billing;

import java.util.Map;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

@RestController
class ConnectController {
  private final Sellers sellers;

  ConnectController(Sellers sellers) {
    this.sellers = sellers;
  }

  @PostMapping("/stripe/connect")
  ResponseEntity<Void> receive(@RequestBody Map<String, Object> event) {
    if ("account.updated".equals(event.get("type"))) {
      sellers.refresh((String) event.get("account"));
    }
    if ("account.application.deauthorized".equals(event.get("type"))) {
      sellers.remove((String) event.get("account"));
    }
    return ResponseEntity.ok().build();
  }
}
