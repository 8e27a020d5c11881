module.exports = {
  development: { secretKey: '{{sk_live}}' },
  production: {
    secretKey: '{{sk_test}}',
  },
}
