import { PayForm } from './form'
export default function Page() {
  return <PayForm apiKey={process.env.STRIPE_SECRET_KEY!} />
}
