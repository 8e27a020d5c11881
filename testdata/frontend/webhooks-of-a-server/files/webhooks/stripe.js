const key = '{{sk_live}}'
module.exports = (req, res) => handle(key, req, res)
