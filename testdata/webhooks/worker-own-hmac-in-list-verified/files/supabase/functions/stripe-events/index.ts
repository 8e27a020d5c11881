function setting(name: string): string {
  const value = Deno.env.get(name)
  if (!value) throw new Error(`${name} is not set`)
  return value
}

function answer(status: number, body: unknown) {
  return new Response(JSON.stringify(body), { status })
}

function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return difference === 0
}

async function code(secret: string, text: string): Promise<string> {
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const bytes = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text))
  return Array.from(new Uint8Array(bytes)).map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

function parts(header: string | null) {
  if (!header) return null
  const signatures: string[] = []
  let time = 0
  for (const part of header.split(',')) {
    const [name, value] = part.split('=', 2)
    if (name === 't') time = Number(value)
    if (name === 'v1') signatures.push(value)
  }
  if (!signatures.length) return null
  return { time, signatures }
}

Deno.serve(async (req) => {
  const secret = setting('STRIPE_WEBHOOK_SECRET')
  const parsed = parts(req.headers.get('stripe-signature'))
  if (!parsed) return answer(400, { error: 'header' })
  const text = await req.text()
  const expected = await code(secret, `${parsed.time}.${text}`)
  const valid = parsed.signatures.some((one) => sameText(one, expected))
  if (!valid) return answer(400, { error: 'signature' })
  const event = JSON.parse(text)
  if (event.type === 'customer.subscription.deleted') {
    await downgrade(event.data.object.customer)
  }
  return answer(200, { received: true })
})
