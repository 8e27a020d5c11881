export * from './accept'
