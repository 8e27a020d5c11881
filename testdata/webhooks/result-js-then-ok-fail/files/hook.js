app.post('/stripe', async (req, res) => {
  stripe.webhooks.constructEventAsync(req.body, req.headers['stripe-signature'], process.env.WHSEC)
    .then((event) => { if (event.type === 'invoice.paid') pay(event); res.end() })
    .catch(() => res.status(400).end())
})
