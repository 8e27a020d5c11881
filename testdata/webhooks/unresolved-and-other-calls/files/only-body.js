// Stripe
import { loadEvent } from "other-package";

export function POST(req) {
  const event = loadEvent(req.body);
  if (event.type === "invoice.paid") {
    markPaid(event);
  }
}
