import Stripe from 'stripe'
export class Hooks {
  private webhookSecret = ''
  constructor(config: ConfigService) { this.webhookSecret = config.getOrThrow('STRIPE_WEBHOOK_SECRET') }
  @Post('hook')
  async hook(@Req() req, @Headers('stripe-signature') sig) {
    const event = this.client.webhooks.constructEvent(req.rawBody, sig, this.webhookSecret)
    if (event.type === 'invoice.paid') await extend(event)
  }
}
