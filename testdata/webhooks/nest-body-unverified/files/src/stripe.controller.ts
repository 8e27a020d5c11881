@Controller('stripe')
export class StripeController {
  @Post('webhook')
  async hook(@Body() event: any) {
    switch (event.type) {
      case 'checkout.session.completed': await this.orders.pay(event.data.object); break;
    }
    return { received: true };
  }
}
