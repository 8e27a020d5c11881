exports.handler = async () => ({ statusCode: 200, body: JSON.stringify({ key: process.env.STRIPE_SECRET_KEY }) })
