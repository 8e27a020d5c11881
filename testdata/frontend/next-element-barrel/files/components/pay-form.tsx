"use client"
export function PayForm({ secretKey }) { return null }
