const secret = String.fromEnvironment('STRIPE_SECRET_KEY');
Future<void> pay() => http.post(Uri.parse('https://api.stripe.com/v1/payment_intents'), headers: {'Authorization': 'Bearer $secret'});
