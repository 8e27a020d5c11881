import { Injectable } from '@nestjs/common'
@Injectable()
export class StripeConfig {
  constructor(private config: ConfigService) {}
  secret() { return this.config.get('STRIPE_SECRET_KEY') }
}
