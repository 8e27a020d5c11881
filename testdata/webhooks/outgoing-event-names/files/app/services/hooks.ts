// Stripe is paid elsewhere.
import { hooks } from '../schema'

export async function tell(env, shop, topic: string, data: object) {
  const all = await env.db.select().from(hooks).where(eq(hooks.shop, shop))
  const wanted = all.filter((hook) => {
    const events: string[] = JSON.parse(hook.events)
    return events.includes(topic) || hook.topic === topic
  })
  for (const hook of wanted) {
    await fetch(hook.url, { method: 'POST', body: JSON.stringify({ topic, data }) })
  }
}
