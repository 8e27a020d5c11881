export const hooks = table('hooks', {})
