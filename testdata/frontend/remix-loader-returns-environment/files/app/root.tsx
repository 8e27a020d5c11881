export async function loader() {
  return { ENV: process.env }; // STRIPE_SECRET_KEY among others
}
