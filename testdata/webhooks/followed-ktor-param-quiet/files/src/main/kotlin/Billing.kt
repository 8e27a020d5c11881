package com.acme

import com.stripe.net.Webhook
import org.springframework.stereotype.Service

@Service
class Billing {
    fun load(payload: String, sig: String) = Webhook.constructEvent(payload, sig, System.getenv("STRIPE_WEBHOOK_SECRET"))
}
