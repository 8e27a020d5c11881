'use client'
import { charge } from '@/lib'
export default function Button() { return <button onClick={charge}>Pay</button> }
