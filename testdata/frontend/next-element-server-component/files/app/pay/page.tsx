import { Receipt } from './receipt'
export default function Page() { return <Receipt secretKey={process.env.STRIPE_SECRET_KEY} /> }
