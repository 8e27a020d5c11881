export async function loader() {
  return { ENV: { STRIPE_PUBLIC_KEY: process.env.STRIPE_PUBLIC_KEY, STRIPE_SECRET_KEY: process.env.STRIPE_SECRET_KEY } };
}
export default function App() { return <script dangerouslySetInnerHTML={{ __html: `window.ENV = {}` }} />; }
