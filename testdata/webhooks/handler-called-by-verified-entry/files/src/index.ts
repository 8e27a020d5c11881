import { dispatch } from './dispatch';
export const handler = async (req) => { const e = stripe.webhooks.constructEvent(req.body, req.headers['Stripe-Signature'], secret); await dispatch(e); };
