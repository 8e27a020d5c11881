'use server'
import { key } from '../lib/keys'
export async function pay() { return charge(key) }
