const verify = require('./verify')
router.post('/stripe', verify, async (ctx) => {
  const event = ctx.request.body
  if (event.type === 'invoice.paid') await pay(event)
  ctx.status = 200
})
