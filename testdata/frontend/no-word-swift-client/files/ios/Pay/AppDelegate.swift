import StripeApplePay
func start() { STPAPIClient.shared.publishableKey = "{{sk_live}}" }
