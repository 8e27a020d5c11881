'use client'
import { key } from '@acme/pay'
export const Pay = () => <p>{key}</p>
