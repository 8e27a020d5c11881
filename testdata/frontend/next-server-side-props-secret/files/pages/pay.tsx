export async function getServerSideProps() { const key = process.env.STRIPE_SECRET_KEY; return { props: { key } } }
export default function Pay({ key }) { return <Checkout k={key} /> }
