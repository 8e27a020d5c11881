export * from './inner'
