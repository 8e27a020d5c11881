const stripe = make('{{sk_live@c}}')
