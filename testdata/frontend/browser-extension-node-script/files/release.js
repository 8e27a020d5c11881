const fs = require('fs');
const STRIPE_SECRET_KEY = '{{sk_test}}';
fs.writeFileSync('.env', `STRIPE_SECRET_KEY=${STRIPE_SECRET_KEY}`);
