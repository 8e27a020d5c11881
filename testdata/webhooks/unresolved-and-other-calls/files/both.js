import { loadEvent } from "other-package";

export function POST(req) {
  const event = loadEvent(req.body, req.headers["stripe-signature"]);
  if (event.type === "invoice.paid") {
    markPaid(event);
  }
}
