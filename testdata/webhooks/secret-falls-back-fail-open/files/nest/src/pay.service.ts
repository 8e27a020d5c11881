import Stripe from 'stripe'
const secret = this.configService.get<string>('STRIPE_WEBHOOK_SECRET', 'whsec_local')
