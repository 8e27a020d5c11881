import Stripe from 'stripe'
export const getServerSideProps = async (ctx) => {
  const stripe = new Stripe(process.env.STRIPE_SECRET_KEY)
  const session = await stripe.checkout.sessions.retrieve(ctx.query.id)
  return { props: { session: JSON.parse(JSON.stringify(session)), hasKey: Boolean(process.env.STRIPE_SECRET_KEY) } }
}
export default function Account({ session }) { return <p>{session.id}</p> }
