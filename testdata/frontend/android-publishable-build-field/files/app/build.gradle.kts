android { defaultConfig { buildConfigField("String", "STRIPE_PUBLISHABLE_KEY", "\"{{pk_test}}\"") } }
