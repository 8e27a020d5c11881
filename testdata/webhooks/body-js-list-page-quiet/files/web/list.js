const seen = [];
app.post('/mark', async (req, res) => {
  seen.push(req.body.id);
  const list = await db.events.findMany();
  for (const e of list) { if (e.type === 'invoice.paid') res.write(e.id); }
  res.end();
});
