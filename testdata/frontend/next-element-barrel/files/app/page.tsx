import { PayForm } from '@/components'
const secretKey = process.env.STRIPE_SECRET_KEY
export default async function Page() {
  return <main><PayForm secretKey={secretKey} /></main>
}
