import { json } from '@sveltejs/kit'
import { STRIPE_SECRET_KEY } from '$env/static/private'
export function GET() { return json({ secret: STRIPE_SECRET_KEY }) }
