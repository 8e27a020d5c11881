module.exports = function (app) {
  app.post('/stripe', async (req, res) => {
    await processEvent(req.body.type, req.body.data.object);
    res.json({ received: true });
  });
};
