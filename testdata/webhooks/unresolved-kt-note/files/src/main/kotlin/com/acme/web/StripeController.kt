package com.acme.web

import org.other.Billing
import org.springframework.web.bind.annotation.*

@RestController
class StripeController(private val billing: Billing) {
    @PostMapping("/stripe/webhook")
    fun hook(@RequestBody payload: String, @RequestHeader("Stripe-Signature") sig: String): String {
        val event = billing.load(payload, sig)
        when (event.type) {
            "checkout.session.completed" -> markPaid(event)
        }
        return "ok"
    }
}
