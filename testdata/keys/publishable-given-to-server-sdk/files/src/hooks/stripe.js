const stripe = require("stripe")("{{pk_test}}");
module.exports = (hook) => stripe.webhooks.constructEvent(hook.data, hook.params.headers["stripe-signature"], hook.app.get("stripe").endpointSecret);
