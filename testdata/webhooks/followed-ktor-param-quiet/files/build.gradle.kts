dependencies { implementation("com.stripe:stripe-java:24.0.0") }
