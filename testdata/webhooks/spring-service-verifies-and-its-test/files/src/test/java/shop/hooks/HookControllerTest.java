package shop.hooks;

import org.junit.jupiter.api.Test;

// Stripe's webhook
class HookControllerTest {
    private final HookController controller = new HookController(new HookService());

    @Test
    void validSignatureReturns200() {
        var service = new HookService();
        service.accept("{}", "t=1,v1=0");
    }
}
