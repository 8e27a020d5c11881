import Stripe from 'stripe';
const stripe = new Stripe('{{sk_test}}');
export default async function Page() { const b = await stripe.balance.retrieve(); return <p>{b.available[0].amount}</p>; }
