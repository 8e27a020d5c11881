package com.acme

import com.stripe.net.Webhook
import org.springframework.stereotype.Service

@Service
class Billing {
    fun verify_signature(payload: String, sig: String) = ApiResource.GSON.fromJson(payload, Event::class.java)
}
