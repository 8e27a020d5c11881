import StripePaymentSheet
func start() { STPAPIClient.shared.publishableKey = "{{sk_test}}" }
