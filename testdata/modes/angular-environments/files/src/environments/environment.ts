export const environment = { stripe: '{{pk_test@b}}' }
