const router = require('express').Router();
const { verifyStripe } = require('../lib/verify');
router.use(verifyStripe);
router.post('/', async (req, res) => {
  switch (req.body.type) {
    case 'invoice.paid': await pay(req.body.data.object); break;
  }
  res.sendStatus(200);
});
module.exports = router;
