require('dotenv').config()
module.exports = require('stripe')(process.env.REACT_APP_STRIPE_SECRET_KEY);
