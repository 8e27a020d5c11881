const stripe = require('stripe')('{{sk_test}}');
module.exports = (req, res) => res.end();
