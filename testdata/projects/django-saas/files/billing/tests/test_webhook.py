from django.test import TestCase


class WebhookTest(TestCase):
    def test_unsigned_is_refused(self):
        response = self.client.post("/webhook", "{}", content_type="application/json")
        self.assertEqual(response.status_code, 400)
