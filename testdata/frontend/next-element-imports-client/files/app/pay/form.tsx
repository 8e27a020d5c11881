'use client'
export function PayForm({ apiKey }: { apiKey: string }) { return <button onClick={() => pay(apiKey)}>Pay</button> }
