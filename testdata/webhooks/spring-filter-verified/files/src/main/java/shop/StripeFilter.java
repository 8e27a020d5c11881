package shop;
import com.stripe.net.Webhook;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;
import jakarta.servlet.*;
import jakarta.servlet.http.*;
@Component
public class StripeFilter extends OncePerRequestFilter {
  @Override
  protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain) throws java.io.IOException, ServletException {
    try { Webhook.constructEvent(read(request), request.getHeader("Stripe-Signature"), secret); }
    catch (Exception e) { response.setStatus(400); return; }
    chain.doFilter(request, response);
  }
}
