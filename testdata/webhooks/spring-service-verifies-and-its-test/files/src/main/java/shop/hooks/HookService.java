package shop.hooks;

import com.stripe.exception.SignatureVerificationException;
import com.stripe.model.Event;
import com.stripe.net.Webhook;

class HookService {
    public boolean accept(String body, String header) {
        Event event;
        try {
            event = Webhook.constructEvent(body, header, settings.secret());
        } catch (SignatureVerificationException e) {
            log.warn("not signed by Stripe");
            return false;
        }
        if ("invoice.paid".equals(event.getType())) {
            extend(event);
        }
        return true;
    }
}
