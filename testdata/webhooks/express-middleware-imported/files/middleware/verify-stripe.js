export function verifyStripe(req, res, next) {
  try { stripe.webhooks.constructEvent(req.body, req.get('stripe-signature'), secret); next(); } catch { res.sendStatus(400); }
}
