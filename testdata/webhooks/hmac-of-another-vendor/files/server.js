app.post('/github', raw, (req, res) => {
  const mac = 'sha256=' + crypto.createHmac('sha256', GH).update(req.body).digest('hex');
  if (!crypto.timingSafeEqual(Buffer.from(mac), Buffer.from(req.get('x-hub-signature-256')))) return res.sendStatus(401);
  deploy(JSON.parse(req.body)); res.end();
});
app.post('/stripe', express.json(), (req, res) => {
  const event = req.body;
  if (event.type === 'invoice.paid') extend(event.data.object);
  res.end();
});
