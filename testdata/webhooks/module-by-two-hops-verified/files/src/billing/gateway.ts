import { check } from './check';
export const onEvent = async (req: Request) => check(await req.text(), req.headers.get('stripe-signature'));
