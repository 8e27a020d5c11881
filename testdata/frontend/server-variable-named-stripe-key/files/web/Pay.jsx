import StripeCheckout from 'react-stripe-checkout'
export const Pay = ({ save }) => (
  <StripeCheckout token={(token) => save(token)} stripeKey={process.env.STRIPE_SECRET_KEY} />
)
