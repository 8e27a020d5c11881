import { StripeService } from '@acme/payments'
export class HookController {
  constructor(private stripe: StripeService) {}
  @Post('hook')
  async hook(@Req() req, @Headers('stripe-signature') sig) {
    const event = this.stripe.constructEvent(req.rawBody, sig, 'connect')
    if (event.type === 'invoice.paid') await extend(event)
  }
}
