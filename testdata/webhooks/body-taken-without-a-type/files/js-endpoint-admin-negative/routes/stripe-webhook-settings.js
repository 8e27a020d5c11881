router.post('/endpoints', async (req, res) => {
  const { url, type } = req.body;
  const endpoint = await stripe.webhookEndpoints.create({ url, enabled_events: [type] });
  res.json(endpoint);
});
