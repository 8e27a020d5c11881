export default function Layout({ children }) {
  return <html><head><script dangerouslySetInnerHTML={{ __html: `window.ENV = ${JSON.stringify({ key: process.env.STRIPE_SECRET_KEY })}` }} /></head><body>{children}</body></html>
}
