import express, { Request, Response } from 'express'
import { makeRouter } from '../shared'
import { Members } from '../models'

const { POST, router } = makeRouter()

POST('/stripe', [express.raw({ type: 'application/json' }), async (request: Request, response: Response) => {
  const event = request.body
  switch (event.type) {
    case 'charge.succeeded':
      await Members.findByIdAndUpdate(event.data.object.metadata?.member, { paid: true })
      break
  }
  response.status(200).json({ received: true })
}])

export default router
