import { key } from '../lib/keys'
import { Button } from './button'
export default async function Page() { await charge(key); return <Button /> }
