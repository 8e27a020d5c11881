export function useStripe() {
  return useMutation(async (request) => api.create({ type: request.body.type, data: request.body.data }));
}
