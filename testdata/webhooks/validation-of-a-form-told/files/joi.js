const schema = require("joi").object({ type: "string" });

app.post("/stripe/webhook", (req, res) => {
  const { error } = schema.validate(req.body);
  if (error) return res.status(400).end();
  if (req.body.type === "invoice.paid") {
    markPaid(req.body);
  }
  res.end();
});
