const express = require('express');
const { verifyStripe } = require('./lib/verify');
const hooks = require('./routes/webhook');
const app = express();
app.use('/stripe/webhook', verifyStripe, hooks);
app.listen(1);
