export const options = { publishableKey: '{{rk_live}}' }
