import { createRoot } from 'react-dom/client'

import { Admin } from './pages/Admin'
import { Donate } from './pages/Donate'

const page = location.pathname === '/admin' ? <Admin /> : <Donate />
createRoot(document.getElementById('root')!).render(page)
