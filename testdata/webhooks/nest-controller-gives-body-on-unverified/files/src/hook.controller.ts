import { Body, Controller, Post } from '@nestjs/common'
import { BillingService } from './billing.service'

@Controller('hooks')
export class HookController {
  constructor(private readonly billing: BillingService) {}

  @Post('stripe')
  async receive(@Body() body: any) {
    return this.billing.onEvent(body)
  }
}
