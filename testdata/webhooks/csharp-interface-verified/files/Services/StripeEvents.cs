public class StripeEvents : IStripeEvents {
  public Event Read(string json, string header) => EventUtility.ConstructEvent(json, header, _secret);
}
