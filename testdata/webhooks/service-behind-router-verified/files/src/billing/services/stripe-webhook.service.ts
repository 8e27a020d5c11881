export class StripeWebhookService {
  async routeStripeEvent(body: string, sig: string) {
    const event = this.stripe.webhooks.constructEvent(body, sig, this.config.get('STRIPE_WEBHOOK_SECRET'));
    if (event.type === 'checkout.session.completed') await this.onDone(event);
  }
}
