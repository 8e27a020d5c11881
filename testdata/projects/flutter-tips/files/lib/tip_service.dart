import 'package:cloud_functions/cloud_functions.dart';
import 'package:flutter_stripe/flutter_stripe.dart';

Future<void> tip(int cents) async {
  final intent = await FirebaseFunctions.instance.httpsCallable('createTip').call({'amount': cents});
  await Stripe.instance.initPaymentSheet(
    paymentSheetParameters: SetupPaymentSheetParameters(
      paymentIntentClientSecret: intent.data['clientSecret'],
      merchantDisplayName: 'Tips',
    ),
  );
  await Stripe.instance.presentPaymentSheet();
}
