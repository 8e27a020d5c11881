// stripe customers log in
const crypto = require('crypto');
function sign(value) { return crypto.createHmac('sha256', process.env.SESSION_SECRET).update(value).digest('hex'); }
exports.verifySession = function (cookie) {
  if (!cookie) return null;
  const [value, signature] = cookie.split('.');
  const expected = sign(value);
  if (signature.length !== expected.length || !crypto.timingSafeEqual(Buffer.from(signature), Buffer.from(expected))) return null;
  return JSON.parse(Buffer.from(value, 'base64').toString());
};
