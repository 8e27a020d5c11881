export { PayForm } from './pay-form'
export { Footer } from './footer'
