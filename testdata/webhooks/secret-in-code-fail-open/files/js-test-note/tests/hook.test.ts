import Stripe from 'stripe'
it('verifies', () => {
  const event = stripe.webhooks.constructEvent(body, header, 'whsec_test_secret')
  expect(event.type).toBe('invoice.paid')
})
