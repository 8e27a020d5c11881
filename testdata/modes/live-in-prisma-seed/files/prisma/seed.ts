const stripe = new Stripe('{{sk_live}}')
