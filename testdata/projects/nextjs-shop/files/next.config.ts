import type { NextConfig } from 'next'

const config: NextConfig = {
  reactStrictMode: true,
  images: { remotePatterns: [{ protocol: 'https', hostname: 'files.stripe.com' }] },
}

export default config
