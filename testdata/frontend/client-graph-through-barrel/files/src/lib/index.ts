export * from './charge'
