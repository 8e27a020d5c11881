import { createApp, h } from 'vue'

import { refund } from './refund'

createApp({ render: () => h('button', { onClick: () => refund('ch_1') }, 'Refund') }).mount('#app')
