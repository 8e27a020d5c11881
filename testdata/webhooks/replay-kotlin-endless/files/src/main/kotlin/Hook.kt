import com.stripe.net.Webhook
fun hook(payload: String, sig: String) = Webhook.constructEvent(payload, sig, secret, Long.MAX_VALUE)
