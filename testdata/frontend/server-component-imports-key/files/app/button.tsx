'use client'
export const Button = () => <button />
