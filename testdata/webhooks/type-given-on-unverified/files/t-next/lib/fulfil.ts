// stripe
export async function fulfil(type: string, object: any) {
  if (type === 'invoice.paid') await db.orders.update(object.id)
}
