class Pay { fun start(c: Context) { PaymentConfiguration.init(c, "{{rk_live}}") } }
