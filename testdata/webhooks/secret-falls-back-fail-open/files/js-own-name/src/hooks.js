const event = stripe.webhooks.constructEvent(body, sig, options.webhookSecret || 'whsec_test_secret')
