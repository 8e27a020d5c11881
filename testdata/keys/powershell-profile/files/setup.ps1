$env:STRIPE_SECRET_KEY = '{{sk_live}}'
[Environment]::SetEnvironmentVariable("STRIPE_WEBHOOK_SECRET", "{{whsec}}", "Machine")
