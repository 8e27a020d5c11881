export default { use: { stripe: '{{sk_test}}' } }
