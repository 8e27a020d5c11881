import { MiddlewareConsumer, Module, NestModule } from '@nestjs/common';
import { StripeSignatureMiddleware } from './stripe-signature.middleware';
import { WebhookController } from './webhook.controller';
@Module({ controllers: [WebhookController] })
export class AppModule implements NestModule {
  configure(consumer: MiddlewareConsumer) {
    consumer.apply(StripeSignatureMiddleware).forRoutes(WebhookController);
  }
}
