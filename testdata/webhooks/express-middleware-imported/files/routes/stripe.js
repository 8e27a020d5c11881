import { verifyStripe } from '../middleware/verify-stripe.js';
router.post('/stripe', express.raw({ type: '*/*' }), verifyStripe, async (req, res) => {
  const event = JSON.parse(req.body);
  if (event.type === 'invoice.paid') await extend(event.data.object);
  res.sendStatus(200);
});
