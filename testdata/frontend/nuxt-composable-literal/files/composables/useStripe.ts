export const useStripe = () => charge('{{sk_live}}')
