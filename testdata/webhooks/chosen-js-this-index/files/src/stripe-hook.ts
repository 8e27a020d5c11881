export class StripeHook {
  async handle(req: Request, res: Response) {
    const event = req.body
    const name = 'on' + event.type.split('.').map(capitalize).join('')
    await this[name](event.data.object)
    res.end()
  }
  async onInvoicePaid(invoice) { await extend(invoice.subscription) }
}
