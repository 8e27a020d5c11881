export async function getStaticProps() { return { props: { stripeSecret: process.env.STRIPE_SECRET_KEY } }; }
export default function Pay({ stripeSecret }) { return <Checkout k={stripeSecret} />; }
