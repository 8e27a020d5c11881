import type Stripe from 'stripe';
export async function dispatch(event: Stripe.Event) {
  switch (event.type) {
    case 'charge.dispute.created': return open(event.data.object);
    case 'charge.dispute.closed': return close(event.data.object);
  }
}
