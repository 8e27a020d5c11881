import { Form } from './form'
export default function Page() { return <Form publishableKey={process.env.STRIPE_PUBLISHABLE_KEY} configured={!!process.env.STRIPE_SECRET_KEY} /> }
