const plans = {
  production: '{{pk_test}}',
}
