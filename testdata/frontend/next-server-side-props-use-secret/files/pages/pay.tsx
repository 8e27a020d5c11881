import Stripe from 'stripe'
export async function getServerSideProps() { const stripe = new Stripe(process.env.STRIPE_SECRET_KEY!); return { props: { plans: await stripe.plans.list() } } }
export default function Pay({ plans }) { return <Plans plans={plans} /> }
