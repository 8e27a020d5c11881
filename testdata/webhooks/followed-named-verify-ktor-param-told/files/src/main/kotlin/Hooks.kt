package com.acme

import io.ktor.server.application.*
import io.ktor.server.request.*
import io.ktor.server.response.*
import io.ktor.server.routing.*

fun Route.hooks(billing: Billing) {
    post("/stripe/webhook") {
        val event = billing.verify_signature(call.receiveText(), call.request.header("Stripe-Signature") ?: "")
        when (event.type) {
            "checkout.session.completed" -> markPaid(event)
        }
        call.respondText("ok")
    }
}
