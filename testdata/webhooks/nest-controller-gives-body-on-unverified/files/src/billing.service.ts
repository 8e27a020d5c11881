import { Injectable } from '@nestjs/common'

@Injectable()
export class BillingService {
  async onEvent(event: any) {
    switch (event.type) {
      case 'checkout.session.completed':
        await this.orders.paid(event.data.object.id)
        break
    }
  }
}
