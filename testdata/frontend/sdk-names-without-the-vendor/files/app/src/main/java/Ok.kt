class Ok : Application() { override fun onCreate() { PaymentConfiguration.init(this, "{{pk_live}}") } }
