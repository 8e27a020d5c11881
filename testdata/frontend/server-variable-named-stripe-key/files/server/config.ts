export class Config {
  stripeKey = process.env.STRIPE_SECRET_KEY
  constructor(secretKey: string) { this.stripeKey = secretKey }
}
