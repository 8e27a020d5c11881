import { Injectable, NestMiddleware, BadRequestException } from '@nestjs/common';
import Stripe from 'stripe';
@Injectable()
export class StripeSignatureMiddleware implements NestMiddleware {
  private stripe = new Stripe(process.env.KEY!);
  use(req: any, res: any, next: () => void) {
    this.stripe.webhooks.constructEvent(req.rawBody, req.headers['stripe-signature'], process.env.WHSEC!);
    next();
  }
}
