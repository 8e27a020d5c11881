import { expect, test } from '@playwright/test';

test('a course can be bought', async ({ page }) => {
  await page.goto('/checkout');
  await page.frameLocator('iframe').getByLabel('Card number').fill('4242424242424242');
  await expect(page.getByText('Thank you')).toBeVisible();
});
