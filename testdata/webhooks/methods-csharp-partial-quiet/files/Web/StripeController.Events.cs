public partial class StripeController
{
    private Event load(string body, string sig)
    {
        return EventUtility.ConstructEvent(body, sig, _secret);
    }
}
