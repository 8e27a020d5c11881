class DevelopmentConfig(Config):
    STRIPE_SECRET_KEY = '{{sk_live}}'

class ProductionConfig(Config):
    STRIPE_SECRET_KEY = '{{sk_test}}'
