const HOOKS = { PAID: 'invoice.paid', ENDED: 'customer.subscription.deleted' }

module.exports = async (req, res) => {
  const event = req.body
  if (event.type === HOOKS.PAID) {
    await extend(event.data.object.customer)
  }
  res.status(200).end()
}
