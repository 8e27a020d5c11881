export const configRouter = router({
  stripe: publicProcedure.query(() => ({ key: process.env.STRIPE_SECRET_KEY })),
})
