export default { use: { extraHTTPHeaders: { authorization: 'Bearer {{sk_live}}' } } }
