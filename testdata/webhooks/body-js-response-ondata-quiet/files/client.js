const https = require('https');
const stripe = require('stripe')(process.env.STRIPE_SECRET_KEY);
function last(done) {
  https.get('https://api.example.com/events/last', (res) => {
    let text = '';
    res.on('data', (d) => { text += d; });
    res.on('end', () => { const e = JSON.parse(text); if (e.type === 'invoice.paid') done(e); });
  });
}
