STPAPIClient.shared.publishableKey = "{{sk_test}}"
