process.env.STRIPE_SECRET_KEY = '{{rk_live}}';
