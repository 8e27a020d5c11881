class Hook { @Value("${stripe.webhook.secret:#{null}}") private String secret; @Value("${stripe.webhook.secret:}") String a; @Value("${stripe.webhook.secret:${other.secret}}") String b; }
