export type Plan = { name: string }
export const key = '{{sk_live}}'
