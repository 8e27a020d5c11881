const key = '{{sk_test#2}}'
export default defineEventHandler(() => charge(key))
