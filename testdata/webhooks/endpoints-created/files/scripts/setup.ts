await stripe.webhookEndpoints.create({ url: process.env.URL + '/stripe', enabled_events: ['invoice.paid', 'customer.subscription.deleted'] });
