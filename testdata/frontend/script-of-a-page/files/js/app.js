var secret = '{{sk_live}}';
function pay() { return fetch('https://api.stripe.com/v1/charges', { method: 'POST', headers: { Authorization: 'Bearer ' + secret } }); }
