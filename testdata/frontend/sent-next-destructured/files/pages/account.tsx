export async function getServerSideProps() {
  const { STRIPE_SECRET_KEY } = process.env
  return { props: { stripeKey: STRIPE_SECRET_KEY } }
}
export default function Account({ stripeKey }) { return <Pay k={stripeKey} /> }
