export const key = '{{rk_live}}'
