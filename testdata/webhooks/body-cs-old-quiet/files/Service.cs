public class StripeProcessor
{
    public void Process(JObject e)
    {
        if (e["type"].ToString() == "invoice.paid") Pay(e);
    }
}
