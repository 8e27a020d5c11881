'use client'
export function Form({ publishableKey }) { return null }
