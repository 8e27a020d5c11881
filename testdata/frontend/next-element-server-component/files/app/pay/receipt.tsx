import 'server-only'
export async function Receipt({ secretKey }) { const stripe = new Stripe(secretKey); return <p>{(await stripe.balance.retrieve()).available[0].amount}</p> }
