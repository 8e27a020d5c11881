import { Controller, Get } from '@nestjs/common'
@Controller('config')
export class ConfigController {
  constructor(private config: ConfigService) {}
  @Get()
  find() { return { stripeKey: this.config.get('STRIPE_SECRET_KEY') } }
}
