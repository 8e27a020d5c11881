class Hook { @Value("${stripe.webhook.secret:whsec_x}") private String secret; String other = Optional.ofNullable(x); }
