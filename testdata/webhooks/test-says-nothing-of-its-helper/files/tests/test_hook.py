from unittest.mock import patch

from hook import verify

def test_refuses():
    with patch('stripe.Webhook.construct_event') as construct:
        construct.side_effect = ValueError
        assert not verify(b'{"type": "checkout.session.completed"}', 'bad', 'secret')
    event = {'type': 'checkout.session.completed'}
    assert event['type'] == 'checkout.session.completed'
