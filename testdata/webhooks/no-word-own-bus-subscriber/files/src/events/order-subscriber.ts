import { Bus } from '../bus'
export class OrderSubscriber {
  constructor(bus: Bus) { bus.on('invoice.paid', (event) => this.paid(event)) }
  async paid(event: { orderId: string }) { await ship(event.orderId) }
}
