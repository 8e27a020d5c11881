const stripe = make('{{sk_live@d}}')
