app.post('/stripe', async (req, res) => {
  await verify(req).catch((error) => { throw new HttpError(400, error) })
  const event = JSON.parse(req.body)
  if (event.type === 'invoice.paid') await pay(event)
  res.end()
})
async function verify(req) {
  await stripe.webhooks.constructEventAsync(req.body, req.headers['stripe-signature'], process.env.WHSEC)
}
