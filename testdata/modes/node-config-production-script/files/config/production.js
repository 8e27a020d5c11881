module.exports = { stripe: { secretKey: '{{sk_test}}' } };
