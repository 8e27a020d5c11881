export const getServerSideProps = withAuth(async (ctx) => {
  return { props: { webhookSecret: process.env.STRIPE_WEBHOOK_SECRET } }
})
export default function Account({ webhookSecret }) { return <p>{webhookSecret}</p> }
