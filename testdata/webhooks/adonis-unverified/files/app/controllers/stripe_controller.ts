export default class StripeController {
  async webhook({ request, response }: HttpContext) {
    const event = request.all()
    if (event.type === 'invoice.paid') await this.extend(event.data.object)
    return response.ok({})
  }
}
