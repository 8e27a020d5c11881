export const label = (plan: { name: string }) => plan.name
