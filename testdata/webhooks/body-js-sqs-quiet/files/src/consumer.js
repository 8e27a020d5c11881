exports.handler = async (e) => {
  for (const record of e.Records) {
    const stripeEvent = JSON.parse(record.body);
    if (stripeEvent.type === 'invoice.paid') await extend(stripeEvent.data.object);
  }
};
