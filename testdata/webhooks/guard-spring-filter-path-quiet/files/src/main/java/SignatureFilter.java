import com.stripe.net.Webhook;
@Component
public class SignatureFilter extends OncePerRequestFilter {
  @Override
  protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain) throws IOException {
    if (request.getRequestURI().startsWith("/webhooks/stripe")) {
      try {
        Webhook.constructEvent(body(request), request.getHeader("Stripe-Signature"), secret);
      } catch (SignatureVerificationException e) {
        response.sendError(400);
        return;
      }
    }
    chain.doFilter(request, response);
  }
}
