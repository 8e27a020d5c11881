const variables = { STRIPE_SECRET_KEY: '{{sk_live}}' };
for (const [name, value] of Object.entries(variables)) console.log(`vercel env add ${name} ${value.length}`);
