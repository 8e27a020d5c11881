import 'server-only'
import { key } from './keys'
export const pay = () => key
