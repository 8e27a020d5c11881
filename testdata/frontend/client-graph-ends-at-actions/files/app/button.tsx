'use client'
import { pay } from './actions'
export const Button = () => <form action={pay} />
