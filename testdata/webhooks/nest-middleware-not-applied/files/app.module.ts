import { Module } from '@nestjs/common';
import { WebhookController } from './webhook.controller';
// The middleware of the Stripe signature is applied nowhere.
@Module({ controllers: [WebhookController] })
export class AppModule {}
