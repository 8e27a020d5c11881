await Stripe.instance.confirmPayment(paymentIntentClientSecret: '{{sk_test}}', data: d);
