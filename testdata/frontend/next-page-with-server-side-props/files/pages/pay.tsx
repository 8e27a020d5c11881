const key = '{{sk_live}}'
export async function getServerSideProps() { return { props: { plans: await plans(key) } } }
export default function Pay({ plans }) { return <Plans plans={plans} /> }
