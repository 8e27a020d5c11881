class App : Application() { override fun onCreate() { PaymentConfiguration.init(applicationContext, "{{sk_test}}") } }
