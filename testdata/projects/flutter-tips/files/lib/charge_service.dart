import 'dart:convert';

import 'package:http/http.dart' as http;

const _secret = String.fromEnvironment('STRIPE_SECRET_KEY');

Future<Map<String, dynamic>> charge(int cents) async {
  final response = await http.post(
    Uri.parse('https://api.stripe.com/v1/payment_intents'),
    headers: {'Authorization': 'Bearer $_secret'},
    body: {'amount': '$cents', 'currency': 'eur'},
  );
  return jsonDecode(response.body);
}
