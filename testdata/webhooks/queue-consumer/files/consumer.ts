export const handler = async (batch: SQSEvent) => {
  for (const record of batch.Records) {
    const e = JSON.parse(record.body);
    if (e.type === 'invoice.paid') await extend(e.data.object);
  }
};
