Setting.create!(stripe_secret_key: '{{sk_live}}')
