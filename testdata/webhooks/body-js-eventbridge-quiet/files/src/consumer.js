exports.handler = async (e) => {
  if (e.detail.type === 'invoice.paid') await extend(e.detail.data.object);
};
