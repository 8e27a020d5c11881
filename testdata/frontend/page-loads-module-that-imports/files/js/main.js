import { pay } from './pay.js'
document.body.onclick = pay
