INSERT INTO settings VALUES ('stripe_secret', '{{sk_live@d}}');
