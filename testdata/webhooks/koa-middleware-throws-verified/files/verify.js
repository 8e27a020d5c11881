module.exports = async (ctx, next) => {
  try { stripe.webhooks.constructEvent(ctx.request.rawBody, ctx.get('stripe-signature'), process.env.WHSEC) }
  catch (e) { ctx.throw(400) }
  await next()
}
