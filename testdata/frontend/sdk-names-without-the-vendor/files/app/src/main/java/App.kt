class App : Application() { override fun onCreate() { PaymentConfiguration.init(this@App, "{{sk_live}}") } }
