const crypto = require('crypto');
const express = require('express');
const app = express();
function verify(payload, header) {
  const parts = header.split(',').map((p) => p.split('='));
  const t = (parts.find(([k]) => k === 't') || [])[1];
  const sigs = parts.filter(([k]) => k === 'v1').map(([, v]) => v);
  const expected = crypto.createHmac('sha256', process.env.STRIPE_WEBHOOK_SECRET).update(`${t}.${payload}`).digest('hex');
  try { return crypto.timingSafeEqual(Buffer.from(sigs[0], 'hex'), Buffer.from(expected, 'hex')); } catch { return false; }
}
app.post('/stripe-webhook', express.raw({ type: '*/*' }), (req, res) => {
  if (!verify(req.body.toString(), req.headers['stripe-signature'] || '')) { return res.status(400).send('bad'); }
  const event = JSON.parse(req.body.toString());
  if (event.type === 'checkout.session.completed') { pay(event.data.object); }
  res.json({});
});
function pay(o) { return fetch('https://x/y', { method: 'POST', body: o.id }); }
app.listen(1);
