export const relevantEvents: Set<string> = new Set(['checkout.session.completed', 'invoice.paid'])
