@Controller('stripe')
export class StripeHooks {
  private readonly handlers: Record<string, Handler> = { 'invoice.paid': (e) => this.paid(e), 'charge.refunded': (e) => this.refund(e) }
  @Post('hook')
  async hook(@Body() event: any) {
    const run = this.handlers[event.type]
    if (run) await run(event)
  }
}
