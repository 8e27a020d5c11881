public partial class StripeController
{
    private Event verify_event(string body, string sig)
    {
        return EventUtility.ParseEvent(body);
    }
}
