export default { use: { stripe: '{{rk_live}}' } }
