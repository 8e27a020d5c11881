const KEY = '{{sk_live}}';
fetch('https://api.stripe.com/v1/payment_links', { headers: { Authorization: 'Bearer ' + KEY } });
