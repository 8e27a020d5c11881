import Stripe from 'stripe'
import { expect, test } from 'vitest'

import { POST } from '../app/api/webhooks/stripe/route'

const stripe = new Stripe('sk_test_dummy')
const secret = 'whsec_test_secret'

test('a signed event is accepted', async () => {
  process.env.STRIPE_WEBHOOK_SECRET = secret
  const payload = JSON.stringify({ id: 'evt_test', type: 'checkout.session.expired', data: { object: {} } })
  const header = stripe.webhooks.generateTestHeaderString({ payload, secret })
  const request = new Request('http://x/', { method: 'POST', body: payload, headers: { 'stripe-signature': header } })
  expect((await POST(request)).status).toBe(200)
})
