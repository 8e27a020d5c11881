import { Router, RequestHandler } from 'express'

export const makeRouter = () => {
  const router = Router()
  const POST = (path: string, handlers: RequestHandler[]) => {
    router.route(path).post(...handlers)
  }
  return { POST, router }
}
