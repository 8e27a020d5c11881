const SECRET = '{{sk_test}}';
export default function Checkout() { const pay = () => fetch('https://api.stripe.com/v1/charges', { headers: { Authorization: `Bearer ${SECRET}` } }); return <button onClick={pay}>Pay</button>; }
