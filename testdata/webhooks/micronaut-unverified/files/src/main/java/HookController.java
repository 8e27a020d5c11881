@Controller("/stripe")
public class HookController {
  @Post("/webhook")
  public HttpResponse<?> hook(@Body Map<String, Object> event) {
    if (Objects.equals(event.get("type"), "invoice.paid")) { pay(event); }
    return HttpResponse.ok();
  }
}
