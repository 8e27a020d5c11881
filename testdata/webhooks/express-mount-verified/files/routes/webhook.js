// stripe events
const router = require('express').Router();
router.post('/', async (req, res) => {
  if (req.body.type === 'invoice.paid') { await pay(req.body.data.object); }
  res.sendStatus(200);
});
module.exports = router;
