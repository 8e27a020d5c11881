class Orchestrator {
  constructor(config) {
    this.config = {
      stripe: { webhookSecret: process.env.STRIPE_WEBHOOK_SECRET || 'whsec_...' },
    };
  }
}
module.exports = Orchestrator;
