import { expect, test } from 'vitest'

test('publishable keys start like this', () => {
  expect('pk_test_abc').toMatch(/^pk_(live|test)_/)
})
