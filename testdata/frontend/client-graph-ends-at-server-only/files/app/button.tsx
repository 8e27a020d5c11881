'use client'
import { pay } from '../lib/stripe'
export const Button = () => pay()
