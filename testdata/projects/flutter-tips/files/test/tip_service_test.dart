import 'package:flutter_stripe/flutter_stripe.dart';
import 'package:flutter_test/flutter_test.dart';

void main() {
  test('the key is publishable', () {
    Stripe.publishableKey = 'pk_test_123';
    expect(Stripe.publishableKey, startsWith('pk_'));
  });
}
