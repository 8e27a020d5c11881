Stripe.setPublishableKey('{{sk_test}}');
Stripe.createToken(form, done);
