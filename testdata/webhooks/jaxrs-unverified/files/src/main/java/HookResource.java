@Path("/stripe")
public class HookResource {
  @POST
  @Consumes("application/json")
  public Response hook(String payload) {
    Event event = ApiResource.GSON.fromJson(payload, Event.class);
    if (event.getType().equals("invoice.paid")) { pay(event); }
    return Response.ok().build();
  }
}
