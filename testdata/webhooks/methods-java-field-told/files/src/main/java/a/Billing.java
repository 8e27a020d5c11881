package a;

@Service
public class Billing {
    public Event verify_event(String body, String sig) throws Exception {
        return ApiResource.GSON.fromJson(body, Event.class);
    }
}
