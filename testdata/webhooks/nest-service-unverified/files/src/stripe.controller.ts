import { StripeService } from './stripe.service'
@Controller('stripe')
export class StripeController {
  constructor(private readonly stripe: StripeService) {}
  @Post() async hook(@Body() body: any) { await this.stripe.handle(body) }
}
