// not stripe at all, near stripe
const { verifyHeader } = require('./jwt')
exports.auth = (req) => verifyHeader(req.headers.authorization, 'Bearer', key)
