'use client'
import type { Plan } from '../lib/stripe'
import { label } from '../lib/labels'
export const Button = (plan: Plan) => label(plan)
