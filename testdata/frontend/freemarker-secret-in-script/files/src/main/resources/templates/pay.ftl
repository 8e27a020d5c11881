<html><script>const key = "${stripeSecretKey}";</script></html>
