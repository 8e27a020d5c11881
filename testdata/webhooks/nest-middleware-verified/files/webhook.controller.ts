import { Body, Controller, Post } from '@nestjs/common';
@Controller('stripe')
export class WebhookController {
  @Post('webhook')
  async handle(@Body() event: any) {
    if (event.type === 'checkout.session.completed') { await this.orders.paid(event.data.object); }
  }
}
