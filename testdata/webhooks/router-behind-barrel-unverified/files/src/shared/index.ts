export * from './router'
export * from './controller'
