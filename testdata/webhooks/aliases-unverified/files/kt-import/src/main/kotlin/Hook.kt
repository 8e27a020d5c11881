import com.stripe.model.Event as StripeEvent
import com.stripe.net.ApiResource as Api
@RestController
class Hook {
  @PostMapping("/stripe")
  fun hook(@RequestBody payload: String): String {
    val event = Api.GSON.fromJson(payload, StripeEvent::class.java)
    pay(event)
    return ""
  }
}
