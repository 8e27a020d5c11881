set STRIPE_SECRET_KEY={{sk_test}} && npx @stripe/mcp@latest
