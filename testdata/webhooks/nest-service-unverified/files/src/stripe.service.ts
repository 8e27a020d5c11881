@Injectable()
export class StripeService {
  async handle(event: any) {
    switch (event.type) { case 'invoice.paid': await this.paid(event.data.object) }
  }
  async paid(o: any) {}
}
