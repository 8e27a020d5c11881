MIDDLEWARE = ['app.middleware.Log']
