import { bus } from '../bus'
bus.on('event', (event) => {
  if (event.type === 'invoice.paid') notify(event)
})
