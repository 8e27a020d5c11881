import 'package:flutter_stripe/flutter_stripe.dart';

Future<void> startOldCheckout() async {
  // Worked once, nobody knows why.
  Stripe.publishableKey = '{{sk_test#2}}';
  await Stripe.instance.applySettings();
}
