const express = require('express');
const hooks = require('./routes/webhook');
const app = express();
app.use(express.json());
app.use('/stripe/webhook', hooks);
app.listen(1);
