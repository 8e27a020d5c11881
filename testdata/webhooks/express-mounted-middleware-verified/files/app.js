const hook = require('./hook');
app.post('/stripe', express.raw({ type: '*/*' }), (req, res, next) => { req.event = stripe.webhooks.constructEvent(req.body, req.headers['stripe-signature'], SECRET); next(); }, hook);
