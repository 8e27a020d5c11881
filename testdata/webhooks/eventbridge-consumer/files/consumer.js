exports.handler = async (event) => {
  const stripeEvent = event.detail;
  switch (event['detail-type']) {
    case 'invoice.paid': await extend(stripeEvent.data.object); break;
    case 'customer.subscription.deleted': await cancel(stripeEvent.data.object); break;
  }
};
